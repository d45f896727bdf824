//! CloudWatch.

use super::{QueryApi, Service};
use crate::wire::Members;

/// CloudWatch: no operation is played as yet.
pub(super) const SERVICE: Service = Service {
    name: "cloudwatch",
    signing_name: "monitoring",
    target: Some("GraniteServiceVersion20100801"),
    query: Some(QueryApi { version: "2010-08-01", namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/" }),
    query_compatible: true,
    members: Members {
        timestamps: &[
            "AlarmConfigurationUpdatedTimestamp",
            "EndDate",
            "EndTime",
            "StartDate",
            "StartTime",
            "StateTransitionedTimestamp",
            "StateUpdatedTimestamp",
            "Timestamp",
            "Timestamps",
        ],
        integers: &["MaxDatapoints", "MaxRecords", "Period"],
        booleans: &["IncludeLinkedAccounts", "ReturnData"],
        doubles: &["Average", "ExtendedStatistics", "Maximum", "Minimum", "SampleCount", "Sum", "Threshold", "Values"],
        maps: &["AlarmContributorAttributes", "Datapoints/ExtendedStatistics"],
        ..Members::NONE
    },
    ..Service::BLANK
};
