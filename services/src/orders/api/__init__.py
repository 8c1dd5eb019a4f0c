"""The API service: accepts orders over HTTP and publishes them to SNS, or pays for them while the client waits."""
