import { describe, expect, test } from "vitest";
import { withCall } from "@/data/calls";
import type { PhoneCall } from "@/lib/api/types";

function aCall(call_id: string, state: PhoneCall["state"]): PhoneCall {
  return {
    account_id: "hotline",
    call_id,
    state,
    queue_id: "01960000-0000-7000-8000-000000000001",
    caller: "+84912345678",
    customer_id: null,
    customer_name: null,
    conversation_id: null,
    agent_id: null,
    asked_at: "2026-11-22T02:00:00Z",
    until: "2026-11-22T02:01:00Z",
  };
}

describe("live calls", () => {
  test("a new one comes last, a known one keeps its place, one that is over leaves", () => {
    const two = withCall(withCall([], aCall("a", "waiting")), aCall("b", "waiting"));
    expect(withCall(two, aCall("a", "ringing")).map((call) => [call.call_id, call.state])).toEqual([
      ["a", "ringing"],
      ["b", "waiting"],
    ]);
    expect(withCall(two, aCall("a", "over")).map((call) => call.call_id)).toEqual(["b"]);
    expect(withCall([], aCall("a", "over"))).toEqual([]);
  });
});
