"""The order API: takes orders over HTTP and publishes them to SNS, or pays for them while the client waits."""
