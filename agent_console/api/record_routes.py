"""Routes of customers by hand and in bulk: a part of agent_console.api.routes."""

from agent_console import record_views as records
from agent_console.api.route import Route, get, post
from agent_console.permissions import Access

RECORD_ROUTES: tuple[Route, ...] = (
    # --- customers by hand ---
    get(
        "list_customers",
        "/customers",
        Access.SUPERVISOR,
        records.CustomerPage,
        "Customers, changed last first",
        query=records.CustomersQuery,
    ),
    post(
        "create_customer",
        "/customers",
        Access.AGENT,
        records.CustomerMade,
        "A customer by hand; their number may make them part of one who is there",
        takes=records.CustomerIn,
        status=201,
        repeated_status=200,
        may=(409,),
    ),
    post(
        "preview_customer",
        "/customers/preview",
        Access.AGENT,
        records.ConsequenceList,
        "What making a customer with these numbers would bring about; changes nothing",
        takes=records.ContactsIn,
    ),
    post(
        "preview_change",
        "/customers/{customer_id}/preview",
        Access.AGENT,
        records.ConsequenceList,
        "What giving a customer these numbers would bring about; changes nothing",
        takes=records.ContactsIn,
        may=(409,),
    ),
    get("list_attributes", "/attributes", Access.AGENT, records.AttributeList, "What is written down of customers"),
    Route(
        "put_attribute",
        "PUT",
        "/attributes/{attribute_key}",
        Access.ADMIN,
        "Make or change an attribute",
        takes=records.AttributeIn,
        answers=records.AttributeView,
        may=(409,),
    ),
)
