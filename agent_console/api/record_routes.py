"""Routes of customers by hand and in bulk: a part of agent_console.api.routes."""

from pydantic import BaseModel

from agent_console import bulk_views as bulk
from agent_console import crm_views as crm
from agent_console import record_views as records
from agent_console.api.route import Route, get, post
from agent_console.permissions import Access


def _move(verb: str, summary: str) -> Route:
    path = f"/imports/{{import_id}}/{verb}"
    return post(f"{verb}_import", path, Access.ADMIN, bulk.ImportView, summary, may=(409,))


def _crm(noun: str, takes: type[BaseModel], one: type[BaseModel], page: type[BaseModel]) -> tuple[Route, ...]:
    """Put by the other system's own id; get by it; get what changed."""
    path, program = f"/crm/{noun}s", Access.PROGRAM
    read, write = f"{noun}s:read", f"{noun}s:write"
    by_id = f"{path}/{{external_id}}"
    return (
        Route(
            f"put_crm_{noun}",
            "PUT",
            by_id,
            program,
            f"Make or change a {noun}; the same again changes nothing",
            takes=takes,
            answers=one,
            scope=write,
            status=201,
            repeated_status=200,
            may=(409,),
        ),
        get(f"get_crm_{noun}", by_id, program, one, f"One {noun}", scope=read),
        get(f"list_crm_{noun}s", path, program, page, f"The {noun}s that changed", query=crm.ChangedQuery, scope=read),
    )


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
    # --- customers in bulk ---
    post(
        "add_import",
        "/imports",
        Access.ADMIN,
        bulk.ImportView,
        "Upload a file of customers (CSV, XLSX); nothing is taken from it yet",
        takes="bytes",
        query=bulk.ImportQuery,
        status=201,
        may=(413,),
    ),
    get("list_imports", "/imports", Access.ADMIN, bulk.ImportList, "Files of customers, newest first"),
    get("get_import", "/imports/{import_id}", Access.ADMIN, bulk.ImportView, "How far it is"),
    post(
        "check_import",
        "/imports/{import_id}/check",
        Access.ADMIN,
        bulk.ImportPreview,
        "The first rows as they would be taken; changes nothing",
        takes=bulk.MappingIn,
    ),
    post(
        "start_import",
        "/imports/{import_id}/start",
        Access.ADMIN,
        bulk.ImportView,
        "Carry it out, in the background",
        takes=bulk.MappingIn,
        may=(409,),
    ),
    _move("cancel", "Stop it; what was done stays"),
    _move("undo", "Take back what it did, as far as nobody changed it since"),
    get(
        "list_import_faults",
        "/imports/{import_id}/faults",
        Access.ADMIN,
        bulk.FaultPage,
        "Rows that were rejected, and why",
        query=bulk.FaultsQuery,
    ),
    get("get_import_report", "/imports/{import_id}/report", Access.ADMIN, "file", "All rejected rows as CSV"),
    get("list_api_keys", "/api-keys", Access.ADMIN, bulk.KeyList, "Keys of other systems"),
    post(
        "add_api_key",
        "/api-keys",
        Access.ADMIN,
        bulk.KeyMade,
        "Make a key; it is shown this once",
        takes=bulk.KeyIn,
        status=201,
    ),
    post("revoke_api_key", "/api-keys/{key_id}/revoke", Access.ADMIN, bulk.KeyView, "Never again with this key"),
    get("list_audit", "/audit", Access.ADMIN, bulk.AuditPage, "Who did what", query=bulk.AuditQuery),
    get(
        "export_customers",
        "/exports/customers",
        Access.ADMIN,
        "file",
        "All customers as a file; noted in the audit log",
        query=bulk.ExportQuery,
    ),
    # --- other systems ---
    *_crm("customer", crm.CrmCustomerIn, crm.CrmCustomer, crm.CrmCustomerPage),
    *_crm("order", crm.CrmOrderIn, crm.CrmOrder, crm.CrmOrderPage),
)
