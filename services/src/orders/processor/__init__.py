"""The processor service: receives orders from SQS, pays for each one and acknowledges its message."""
