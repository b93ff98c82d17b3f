/** Changing a customer by hand, and what would follow from it. */
import { api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import type { Consequence, Customer } from "@/lib/api/types";

export type CustomerPatch = components["schemas"]["CustomerPatch"];
export type CustomerIn = components["schemas"]["CustomerIn"];
export interface Contacts {
  readonly name: string | null;
  readonly phones: readonly string[];
  readonly emails: readonly string[];
}

export function changeCustomer(customerId: string, body: CustomerPatch): Promise<Customer> {
  return api.PATCH("/api/v1/customers/{customer_id}", { params: { path: { customer_id: customerId } }, body });
}

export function createCustomer(body: CustomerIn): Promise<components["schemas"]["CustomerMade"]> {
  return api.POST("/api/v1/customers", { body });
}

/** `customerId` null: of a customer yet to be made. */
export async function previewContacts(customerId: string | null, body: Contacts): Promise<readonly Consequence[]> {
  const call =
    customerId === null
      ? api.POST("/api/v1/customers/preview", { body })
      : api.POST("/api/v1/customers/{customer_id}/preview", { params: { path: { customer_id: customerId } }, body });
  return (await call).items;
}

/** An address has an at sign; everything else is meant as a number. */
export function split(contacts: readonly string[]): { phones: string[]; emails: string[] } {
  const emails = contacts.filter((contact) => contact.includes("@"));
  return { emails, phones: contacts.filter((contact) => !contact.includes("@")) };
}
