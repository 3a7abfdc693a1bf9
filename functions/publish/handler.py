"""``publish``: the stream of the incidents' table."""

from typing import Any

from shared import wiring
from shared.flow import publish
from shared.store.dynamodb_items import log_entry_of_stream

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> dict[str, Any]:
    """New log entries in, in order. A batch that fails comes again whole: listeners know an entry by its number."""
    images = [record["dynamodb"]["NewImage"] for record in request["Records"] if record["eventName"] == "INSERT"]
    publish.run(deps, [entry for image in images if (entry := log_entry_of_stream(image)) is not None])
    return {"batchItemFailures": []}
