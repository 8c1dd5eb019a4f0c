"""Probes of SNS, by subject."""
