"""Behaviours of AWS that systems of this kind rely on, probed wherever the system can be deployed."""
