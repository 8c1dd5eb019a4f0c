"""Probes of IAM and STS, by subject."""
