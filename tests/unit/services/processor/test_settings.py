import pytest

from orders.processor.settings import Settings
from orders.settings import SettingsError, read

REQUIRED = {"AWS_REGION": "us-west-2", "SQS_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/orders"}


def test_only_region_and_queue_have_no_default() -> None:
    settings = read(Settings, REQUIRED)
    assert settings.num_workers == 100
    assert settings.payment_seconds == 3
    assert settings.port == 8080
    assert settings.visibility_timeout_seconds == 30
    assert settings.stop_timeout_seconds == 25


@pytest.mark.parametrize("name", REQUIRED)
def test_region_and_queue_are_required(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is missing, must be "):
        read(Settings, {other: value for other, value in REQUIRED.items() if other != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SQS_QUEUE_URL", "orders"),
        ("SQS_QUEUE_URL", "https://sqs.us-west-2.amazonaws.com"),
        ("NUM_WORKERS", "0"),
        ("NUM_WORKERS", "-3"),
        ("VISIBILITY_TIMEOUT_SECONDS", "43201"),
        ("STOP_TIMEOUT_SECONDS", "2"),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is '{value}', must be "):
        read(Settings, REQUIRED | {name: value})
