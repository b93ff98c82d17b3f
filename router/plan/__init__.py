"""What supervisors set up, as values: queues, routing rules, hours, words for work, service levels, automation.

Each is a frozen pydantic model that knows its limits; storage.plans keeps every version, `book` has those in force.
Nothing here decides: see router.placing (which queue), router.pool (which agent), router.hours (open or not).
"""
