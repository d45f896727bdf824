//! rds.

use super::Service;

/// rds.
pub(super) const SERVICE: Service = Service { name: "rds", ..Service::BLANK };
