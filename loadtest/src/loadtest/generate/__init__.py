"""Generate the load: send a scenario with Locust, from this computer, other hosts, or a task on ECS."""
