#!/usr/bin/python
"""The module that looks up prices in the price list of AWS."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: price_list_info
short_description: Look up prices in the price list of AWS
description:
  - Asks the AWS Price List API for what products cost on demand, in US dollars.
  - Of a price with tiers, the first that costs anything counts.
  - Fails when the list has none, or several, of a product, and names each.
options:
  priced_region:
    description: The region that the prices are of. (O(region) is where the API is asked; only a few regions have it.)
    type: str
    required: true
  products:
    description: The products by a name of your choice.
    type: dict
    required: true
    suboptions:
      service:
        description: The service code in the price list.
        type: str
      attributes:
        description: Attributes of the product, all of which have to be equal.
        type: dict
      units:
        description: For how many units of the list the price is wanted; 1 where it is not given.
        type: int
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Look up what a NAT gateway costs an hour
  price_list_info:
    region: us-east-1
    priced_region: us-west-2
    products:
      nat_gateway:
        service: AmazonEC2
        attributes:
          usagetype: USW2-NatGateway-Hours
          operation: NatGateway
"""

RETURN = r"""
prices:
  description: The price of each product.
  type: dict
  returned: success
"""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping


def filters(region: str, attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what a product has to be equal in."""
    wanted = {"regionCode": region, **attributes}
    return [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]


def first_price(offer: Mapping[str, Any]) -> Decimal | None:
    """Return what one unit costs on demand, in the first tier that is not free; None where nothing costs anything."""
    tiers = [
        (Decimal(tier["beginRange"]), Decimal(tier["pricePerUnit"]["USD"]))
        for term in offer["terms"].get("OnDemand", {}).values()
        for tier in term["priceDimensions"].values()
        if "USD" in tier["pricePerUnit"]
    ]
    return next((price for _, price in sorted(tiers) if price), None)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "priced_region": {"type": "str", "required": True},
            "products": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    region = module.params["priced_region"]
    client = module.client("pricing")
    prices: dict[str, float] = {}
    complaints = []
    for name, product in module.params["products"].items():
        try:
            pages = client.get_paginator("get_products").paginate(
                ServiceCode=product["service"], Filters=filters(region, product["attributes"])
            )
            offers = [json.loads(offer) for page in pages for offer in page["PriceList"]]
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"AWS does not tell the price of {name}")
        found = [price for price in map(first_price, offers) if price is not None]
        if len(found) == 1:
            prices[name] = float(found[0] * product.get("units", 1))
        else:
            complaints.append(f"{name}: {len(found)} prices for {product['service']} {product['attributes']}")
    if complaints:
        module.fail_json(msg=f"The price list has not one price of each product in {region}: " + "; ".join(complaints))
    module.exit_json(changed=False, prices=prices)


if __name__ == "__main__":
    main()
