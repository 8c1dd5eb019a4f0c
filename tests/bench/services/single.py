"""Run the API with one order in each call of SNS, without the limit on calls in flight that batches need.

A setting of the bench only: the way of an API that publishes each order as it comes.
"""

from __future__ import annotations

from orders import batching
from orders.api.__main__ import main

if __name__ == "__main__":
    batching.MAX_BATCH_ENTRIES = 1  # type: ignore[attr-defined]  # it imports this constant
    main()
