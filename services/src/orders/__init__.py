"""An order-processing system: an HTTP API that publishes orders, and a processor that pays for them.

The modules here are shared. `orders.api` and `orders.processor` are the two services; neither knows the other, and each
image holds only one of them.
"""
