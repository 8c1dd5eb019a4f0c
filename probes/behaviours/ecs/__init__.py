"""Probes of ECS, by subject."""
