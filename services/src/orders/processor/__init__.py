"""The order processor: receives orders from SQS, pays for each, and acknowledges it."""
