/** Reminders and call backs: asked for when looked at, asked again when an event says that one changed. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { create } from "zustand";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { LiveEvent, Me, Task, TaskKind, TaskPage } from "@/lib/api/types";
import { oversees } from "@/lib/permissions";

export const TASK_VIEWS = ["mine", "queue", "all"] as const;
export type TaskView = (typeof TASK_VIEWS)[number];

const LOOK_AGAIN_MS = 60_000; // a time that comes is told by an event; a missed one costs a minute

export function useTaskCount() {
  return useQuery({
    queryKey: keys.taskCount,
    queryFn: () => api.GET("/api/v1/task-count"),
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  }).data;
}

export function useTasks(view: TaskView) {
  return useQuery({
    queryKey: keys.tasks(view, null),
    queryFn: () => api.GET("/api/v1/tasks", { params: { query: { view, limit: 100 } } }),
    staleTime: 0,
  });
}

/** Open ones of this conversation's customer, whatever conversation they came from. */
export function useTasksOf(conversationId: string) {
  return useQuery({
    queryKey: keys.tasks("all", conversationId),
    queryFn: () =>
      api.GET("/api/v1/tasks", { params: { query: { view: "all", conversation_id: conversationId, limit: 20 } } }),
    staleTime: 0,
  });
}

export interface NewTask {
  readonly taskId: string; // made once per click: sending the same again makes nothing twice
  readonly kind: TaskKind;
  readonly dueAt: string;
  readonly note: string | null;
  readonly agentId: string | null; // null: whoever serves the queue
  readonly phone: string | null; // whom to call back; null: the customer's own number
}

export async function addTask(client: QueryClient, conversationId: string, task: NewTask): Promise<void> {
  await api.POST("/api/v1/conversations/{conversation_id}/tasks", {
    params: { path: { conversation_id: conversationId } },
    body: {
      task_id: task.taskId,
      kind: task.kind,
      due_at: task.dueAt,
      note: task.note,
      agent_id: task.agentId,
      ...(task.phone !== null && { phone: task.phone }),
    },
  });
  tasksChanged(client);
}

/** Gone from the lists at once; back again when the hub refuses. */
export async function endTask(client: QueryClient, taskId: string, ending: "done" | "cancelled"): Promise<void> {
  client.setQueriesData<TaskPage>(
    { queryKey: keys.everyTasks },
    (page) => page && { ...page, items: page.items.filter(({ task }) => task.id !== taskId) },
  );
  try {
    await api.POST("/api/v1/tasks/{task_id}/end", { params: { path: { task_id: taskId } }, body: { ending } });
  } finally {
    tasksChanged(client);
  }
}

export interface TaskChange {
  readonly dueAt?: string;
  readonly agentId?: string | null; // null: whoever serves the queue
  readonly isOpen?: true; // again, after it was ended
}

export async function changeTask(client: QueryClient, taskId: string, change: TaskChange): Promise<void> {
  await api.PATCH("/api/v1/tasks/{task_id}", {
    params: { path: { task_id: taskId } },
    body: {
      ...(change.dueAt !== undefined && { due_at: change.dueAt }),
      ...(change.agentId !== undefined && { agent_id: change.agentId }),
      ...(change.isOpen && { state: "open" as const }),
    },
  });
  tasksChanged(client);
}

/** Mirrors the hub: one's own, what one made, what is anybody's; everything for who oversees. */
export function mayEnd(agent: Me["agent"], task: Task): boolean {
  return oversees(agent) || task.agent_id === null || task.agent_id === agent.id || task.made_by === agent.id;
}

function tasksChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keys.everyTasks });
  void client.invalidateQueries({ queryKey: keys.taskCount });
}

/** Tasks of which the hub said that their time has come, since this page is open. */
export const useDue = create<{ readonly due: readonly Task[] }>(() => ({ due: [] }));

const CHANGED = "hub.task_changed.v1";
const DUE = "hub.task_due.v1";
const KEPT_MAX = 50;

/** What the events say of tasks. */
export function tasksHeard(client: QueryClient, events: readonly LiveEvent[]): void {
  const due: Task[] = [];
  for (const event of events) if (event.type === DUE) due.push((event.event as unknown as { task: Task }).task);
  if (due.length > 0) useDue.setState((state) => ({ due: [...state.due, ...due].slice(-KEPT_MAX) }));
  if (due.length > 0 || events.some((event) => event.type === CHANGED)) tasksChanged(client);
}
