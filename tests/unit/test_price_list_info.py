from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
import yaml

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

PLAN = Path(__file__).parents[2] / "roles/plan"
NAT_GATEWAY = {"service": "AmazonEC2", "attributes": {"usagetype": "USW2-NatGateway-Hours"}}


def offer(*tiers: tuple[str, str], currency: str = "USD") -> str:
    """Return an offer as the API gives it: JSON within JSON, each tier with its beginning and its price."""
    dimensions = {
        f"tier-{number}": {"beginRange": begin, "pricePerUnit": {currency: price}}
        for number, (begin, price) in enumerate(tiers)
    }
    return json.dumps({"product": {}, "terms": {"OnDemand": {"term": {"priceDimensions": dimensions}}}})


def answer(aws: Aws, *offers: str) -> None:
    expected = {
        "ServiceCode": "AmazonEC2",
        "Filters": [
            {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-west-2"},
            {"Type": "TERM_MATCH", "Field": "usagetype", "Value": "USW2-NatGateway-Hours"},
        ],
    }
    aws["pricing"].add_response("get_products", {"PriceList": list(offers)}, expected)


def look_up(run_module: RunModule, **product: Any) -> dict[str, Any]:  # noqa: ANN401  # as the module takes it
    return run_module(priced_region="us-west-2", products={"nat_gateway": NAT_GATEWAY | product})


def test_a_price_is_looked_up(aws: Aws, run_module: RunModule) -> None:
    answer(aws, offer(("0", "0.0450000000")))

    assert look_up(run_module)["prices"] == {"nat_gateway": 0.045}


def test_of_tiers_the_first_counts_that_is_not_free(aws: Aws, run_module: RunModule) -> None:
    answer(aws, offer(("100000000", "0.0000003"), ("1000000", "0.0000005"), ("0", "0.0")))

    assert look_up(run_module, units=1_000_000)["prices"] == {"nat_gateway": 0.5}


@pytest.mark.parametrize(
    ("offers", "number"),
    [
        pytest.param([], 0, id="no product"),
        pytest.param([offer(("0", "0"))], 0, id="a free one"),
        pytest.param([offer(("0", "1"), currency="CNY")], 0, id="another currency"),
        pytest.param([offer(("0", "0.045")), offer(("0", "0.09"))], 2, id="two products"),
    ],
)
def test_what_has_not_one_price_is_named(aws: Aws, run_module: RunModule, offers: list[str], number: int) -> None:
    answer(aws, *offers)

    result = look_up(run_module)

    assert f"nat_gateway: {number} prices for AmazonEC2" in result["msg"]


def test_a_refusal_of_aws_names_what_was_asked(aws: Aws, run_module: RunModule) -> None:
    aws["pricing"].add_client_error("get_products", "AccessDeniedException", "not allowed to call GetProducts")

    assert "AWS does not tell the price of nat_gateway" in look_up(run_module)["msg"]


def test_the_prices_are_those_that_their_template_gives() -> None:
    written = (PLAN / "vars/main/prices.yml").read_text()
    document = yaml.safe_load(written)
    listed = yaml.safe_load((PLAN / "vars/price_list.yml").read_text())
    by_time, by_use = document["__plan_prices"], document["__plan_by_use"]
    price = {
        "fargate_vcpu": by_time["fargate"]["X86_64"]["vcpu"],
        "fargate_gigabyte": by_time["fargate"]["X86_64"]["gigabyte"],
        "fargate_arm_vcpu": by_time["fargate"]["ARM64"]["vcpu"],
        "fargate_arm_gigabyte": by_time["fargate"]["ARM64"]["gigabyte"],
        "load_balancer": by_time["load_balancer"]["price"],
        "load_balancer_lcu": by_use["load_balancer"]["price"],
        "nat_gateway": by_time["nat_gateway"]["price"],
        "nat_gateway_gigabyte": by_use["nat_gateway"]["price"],
        "interface_endpoint": by_time["interface_endpoint"]["price"],
        "interface_endpoint_gigabyte": by_use["interface_endpoints"]["price"],
        "public_ipv4": by_time["public_ipv4"]["price"],
        "alarm_metric": by_time["alarm_metric"]["price"],
        "container_insights_metric": by_use["container_insights"]["price"],
    } | {name: by_use[name]["price"] for name in ("logs", "sns", "sqs", "ecr")}
    template = jinja2.Environment(  # noqa: S701  # a text, no page
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    ).from_string((PLAN / "templates/prices.yml.j2").read_text())

    assert price.keys() == listed["__plan_price_list"].keys()
    assert template.render(price=price, region=by_time["region"], as_of=by_time["as_of"]) == written
    assert listed["__plan_price_list_region"] == by_time["region"]
