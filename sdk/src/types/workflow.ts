export type WorkflowStatus = 'active' | 'inactive' | 'draft' | 'archived';
export type WorkflowTriggerType = 'manual' | 'webhook' | 'schedule' | 'hook' | 'cron';
export type WorkflowExecutionStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

export interface WorkflowNode {
  id: string;
  type: string;
  position: { x: number; y: number };
  data: { label?: string } & Record<string, unknown>;
}

export interface WorkflowEdge {
  id?: string;
  source: string;
  target: string;
  sourceHandle?: string | null;
  targetHandle?: string | null;
  data?: { condition?: { field: string; operator: string; value: unknown } };
}

/** A row of `baasix_Workflow`. */
export interface Workflow {
  id: string;
  name: string;
  description?: string | null;
  status: WorkflowStatus;
  trigger_type: WorkflowTriggerType;
  trigger_cron?: string | null;
  trigger_webhook_path?: string | null;
  trigger_webhook_method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | null;
  trigger_hook_collection?: string | null;
  trigger_hook_action?: string | null;
  flow_data: {
    nodes: WorkflowNode[];
    edges: WorkflowEdge[];
    viewport?: { x: number; y: number; zoom: number };
  };
  variables?: Record<string, unknown>;
  options?: Record<string, unknown>;
  /** Role ids; empty or `null` lets everyone run it. */
  allowed_roles?: string[] | null;
  userCreated_Id?: string | null;
  userUpdated_Id?: string | null;
  createdAt?: string;
  updatedAt?: string;
  deletedAt?: string | null;
}

/** A row of `baasix_WorkflowExecution`. */
export interface WorkflowExecution {
  id: string;
  workflow_Id: string;
  status: WorkflowExecutionStatus;
  trigger_data?: unknown;
  context_data?: { variables: Record<string, unknown>; trigger: unknown } | null;
  /** Output per node id; `null` unless completed. */
  result_data?: Record<string, unknown> | null;
  errorMessage?: string | null;
  startedAt?: string | null;
  completedAt?: string | null;
  durationMs?: number | null;
  triggered_by_Id?: string | null;
  createdAt?: string;
  updatedAt?: string;
}
