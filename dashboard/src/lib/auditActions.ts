import type { AuditAction } from "./api/schema.gen";

/** Every action that is written down; a new one fails to compile here until it has been added. */
const KNOWN: Record<AuditAction, true> = {
  signed_in: true,
  sign_in_failed: true,
  signed_out: true,
  session_ended: true,
  password_changed: true,
  link_created: true,
  user_created: true,
  user_changed: true,
  key_created: true,
  key_revoked: true,
  project_created: true,
  project_changed: true,
  member_put: true,
  member_removed: true,
  experiment_created: true,
  experiment_changed: true,
  experiment_cancelled: true,
  experiment_paused: true,
  experiment_resumed: true,
  experiment_retried: true,
  experiment_forked: true,
  experiment_archived: true,
  experiment_restored: true,
  experiment_deleted: true,
};

export const AUDIT_ACTIONS = Object.keys(KNOWN) as AuditAction[];
