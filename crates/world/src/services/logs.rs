//! CloudWatch Logs.

use super::Service;

/// CloudWatch Logs: no operation is played as yet.
pub(super) const SERVICE: Service = Service { name: "logs", signing_name: "logs", target: Some("Logs_20140328"), ..Service::BLANK };
