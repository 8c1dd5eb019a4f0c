"""An order-processing system: an HTTP API that publishes orders, and a processor that pays for them.

This package holds the modules that both services share. `orders.api` and `orders.processor` are the services. Neither
imports the other, because each image contains only one of them.
"""
