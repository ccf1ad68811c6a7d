"""What an OpenAPI document cannot say, so that schemathesis takes it for a failure."""

import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData


# Of the characters that nobody sees, those that a pattern of JSON Schema cannot name for every
# implementation: above U+FFFF each has its own way to write one.
INVISIBLE = re.compile("[\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Accepts that a request which contradicts itself, or names nobody that is seen, is refused.

    A wish may stand in the query or in the body. In both it has to be the same.
    """
    if not isinstance(failure, RejectedPositiveData):
        return True
    body = case.body if isinstance(case.body, dict) else {}
    query = case.query or {}
    code = response.json()["code"]
    contradicts = code == "invalid_body" and any(
        name in body and str(value) != str(body[name]) for name, value in query.items()
    )
    is_unseen = code == "invalid_identity" and any(
        INVISIBLE.search(str(wish.get("identity"))) for wish in (query, body)
    )
    return not (contradicts or is_unseen)
