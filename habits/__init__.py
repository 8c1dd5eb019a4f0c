"""Habits that AWS has and its emulators lack, given to them by a reverse proxy.

The rehearsal of `inventories/aws` puts it in front of stand-ins for AWS, and `inventories/variants/habits.yml` in front
of the SNS and SQS of an emulator under load.
"""
