"""Probes of SQS, by subject."""
