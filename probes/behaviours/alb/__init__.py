"""Probes of the application load balancer, by subject."""
