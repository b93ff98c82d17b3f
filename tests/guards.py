"""Abuses of identity and merging, each with the tests that guard against it. tests.tools.test_guards checks that none
is missing and that every test named here exists.

Where the product has no such door at all (no one-time passwords, no mail channel, no export for the person concerned),
the test is that it has none, and the note says so: whoever builds the door finds the guard failing, and replaces it.
"""

from dataclasses import dataclass

IDENTITY = "tests/identity/test_guards.py"
EVIDENCE = "tests/identity/test_joining_by_evidence.py"
LEDGER = "tests/identity/test_ledger.py"
CROWD = "tests/bench/test_adversary.py::test_attackers_are_joined_with_nobody_but_by_the_risk_that_the_policy_accepts"
RIGHTS = "tests/console/test_permissions.py"
WEBCHAT = "tests/connectors/webchat/test_who.py"


@dataclass(frozen=True)
class Guard:
    """`abuse`: what is tried. `note`: what is not there yet, or decided otherwise than the abuse case assumes."""

    abuse: str
    tests: tuple[str, ...]
    note: str = ""


GUARDS: dict[str, Guard] = {
    "A1": Guard(
        "A visitor types somebody else's number",
        (
            f"{EVIDENCE}::test_an_anonymous_claim_joins_nobody_and_tells_only_its_own_side",
            f"{WEBCHAT}::test_typing_the_number_of_a_customer_shows_nothing_of_them",
            CROWD,
        ),
        "On an account that lasts (Facebook, Zalo) one such claim joins by default, marked as claimed; it shows the "
        "claimant nothing, and bench adversary counts how often it comes true.",
    ),
    "A2": Guard(
        "The same while that person talks to an agent",
        (
            f"{IDENTITY}::test_a_visitor_who_types_a_customers_number_does_not_get_to_that_customers_agent",
            "tests/console/test_customers.py::test_only_the_claimants_side_is_told_of_an_anonymous_claim",
        ),
    ),
    "A3": Guard(
        "A proved number opens old history",
        (
            f"{IDENTITY}::test_no_door_takes_a_one_time_password_and_no_evidence_comes_from_one",
            f"{WEBCHAT}::test_a_logged_in_customers_conversation_needs_the_proof_again",
        ),
        "There are no one-time passwords. The nearest, a user whom the shop's server signed, is bound and expires.",
    ),
    "A4": Guard(
        "A one-time password is guessed, replayed or used for another number",
        (f"{IDENTITY}::test_no_door_takes_a_one_time_password_and_no_evidence_comes_from_one",),
        "There are no one-time passwords.",
    ),
    "A5": Guard(
        "A mailbox is claimed; mail with a forged sender",
        (
            f"{IDENTITY}::test_a_mailbox_typed_by_a_visitor_joins_nobody",
            f"{IDENTITY}::test_no_channel_takes_mail_so_no_sender_can_be_forged_into_anything",
        ),
        "There is no mail channel.",
    ),
    "A6": Guard(
        "A reply into somebody else's thread",
        (
            f"{IDENTITY}::test_quoting_a_message_of_somebody_else_leads_nowhere",
            f"{IDENTITY}::test_no_channel_takes_mail_so_no_sender_can_be_forged_into_anything",
        ),
        "There is no mail channel; the threads that there are, quoted messages, stay with their own person.",
    ),
    "A7": Guard(
        "A spoofed caller id",
        (
            f"{IDENTITY}::test_a_call_with_a_borrowed_number_tells_its_caller_nothing_and_says_where_the_number_is_from",
            CROWD,
        ),
        "A number that our own PBX presents is taken for attested; why it joined names the caller id as its source.",
    ),
    "A8": Guard(
        "A recycled number",
        (f"{EVIDENCE}::test_a_number_silent_for_long_may_have_a_new_owner", CROWD),
    ),
    "A9": Guard(
        "A family's phone",
        (
            f"{EVIDENCE}::test_very_different_names_on_one_number_stay_two_people",
            f"{EVIDENCE}::test_with_two_proved_owners_a_claim_could_be_either",
            CROWD,
        ),
    ),
    "A10": Guard(
        "Phone bombing",
        (
            f"{EVIDENCE}::test_a_thousand_claims_of_one_number_join_at_most_a_few_and_then_mean_nothing",
            f"{EVIDENCE}::test_anonymous_visitors_cannot_make_a_number_useless_for_its_owner",
            f"{EVIDENCE}::test_one_who_posts_many_numbers_joins_few_of_them",
            f"{EVIDENCE}::test_supervisors_hear_once_of_a_number_that_is_nobodys_any_more",
            f"{EVIDENCE}::test_supervisors_hear_once_of_one_who_posts_many_numbers",
            CROWD,
        ),
    ),
    "A11": Guard(
        "Chains of weak links",
        (
            f"{EVIDENCE}::test_claims_of_different_numbers_never_chain",
            f"{EVIDENCE}::test_a_third_claim_after_two_is_a_chain_and_only_suggests",
            "tests/identity/test_evidence_law.py::test_people_are_who_the_evidence_says",
            CROWD,
        ),
    ),
    "A12": Guard(
        "Numbers that are nobody's, and look-alikes",
        (
            f"{EVIDENCE}::test_what_is_no_number_of_a_person_is_no_key",
            f"{EVIDENCE}::test_our_own_hotline_is_nobodys_number",
            f"{EVIDENCE}::test_a_number_on_the_list_of_never_keys_is_none",
            f"{EVIDENCE}::test_a_claim_on_a_lasting_account_joins_the_one_who_proved_the_number",
            CROWD,
        ),
    ),
    "A13": Guard(
        "A merge opens the history of another queue",
        (
            f"{RIGHTS}::test_after_a_merge_a_conversation_of_another_queue_is_still_not_seen",
            f"{RIGHTS}::test_a_merge_needs_sight_of_both",
            f"{RIGHTS}::test_a_customer_is_seen_only_through_their_conversations",
        ),
        "Conversations are judged one by one. The timeline of a customer is one for all who may see the customer: that "
        "is what merging is for.",
    ),
    "A14": Guard(
        "An agent is talked into a merge",
        (
            f"{IDENTITY}::test_a_merge_talked_out_of_an_agent_is_on_record_and_gives_each_message_back",
            "tests/console/test_customers.py::test_a_merge_shows_both_sides_and_why",
            "tests/identity/test_stateful.py::test_any_sequence_leaves_the_customers_that_the_entries_in_force_say",
        ),
        "A reason is asked for, and supervisors see the merge live with all else; they are not alarmed for it.",
    ),
    "A15": Guard(
        "What one person is told contains what is another's",
        (f"{IDENTITY}::test_what_is_shown_of_one_person_has_nothing_of_another_once_they_are_parted",),
        "There is no export for the person concerned yet; what it will be made of, panel and timeline, is guarded.",
    ),
    "A16": Guard(
        "Leaving one channel takes the others along",
        (f"{IDENTITY}::test_unlinking_one_channel_loses_nothing_of_the_others",),
    ),
    "A17": Guard(
        "One provider's id on two accounts",
        (f"{IDENTITY}::test_one_id_on_two_pages_is_two_people", CROWD),
    ),
    "A18": Guard(
        "A customer calls themselves staff",
        (f"{IDENTITY}::test_whoever_calls_themselves_staff_is_shown_as_a_customer",),
    ),
}
