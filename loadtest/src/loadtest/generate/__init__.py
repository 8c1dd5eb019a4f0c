"""Generates the load: sends a scenario with Locust, from here, from other hosts, or from a task on ECS."""
