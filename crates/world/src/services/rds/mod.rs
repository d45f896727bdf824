//! RDS: clusters, instances and events.

mod databases;
mod events;
mod filters;

use super::{QueryApi, Service};
use crate::wire::Members;

/// RDS.
pub(super) const SERVICE: Service = Service {
    name: "rds",
    signing_name: "rds",
    query: Some(QueryApi { version: "2014-10-31", namespace: "http://rds.amazonaws.com/doc/2014-10-31/" }),
    members: Members {
        timestamps: &[
            "AutomaticRestartTime",
            "ClusterCreateTime",
            "Date",
            "EarliestBacktrackTime",
            "EarliestRestorableTime",
            "EndTime",
            "IOOptimizedNextAllowedModificationTime",
            "InstanceCreateTime",
            "LatestRestorableTime",
            "ResumeFullAutomationModeTime",
            "StartTime",
            "ValidTill",
        ],
        integers: &["Duration", "MaxRecords"],
        booleans: &["IncludeShared"],
        xml_items: XML_ITEMS,
        ..Members::NONE
    },
    operations: &[
        ("DescribeDBClusters", databases::describe_db_clusters),
        ("DescribeDBInstances", databases::describe_db_instances),
        ("DescribeEvents", events::describe_events),
    ],
    check: |world| {
        world.parsed::<databases::Clusters>()?;
        world.parsed::<databases::Instances>()?;
        world.parsed::<events::Events>().map(drop)
    },
    ..Service::BLANK
};

/// What RDS calls the elements of its lists.
const XML_ITEMS: &[(&str, &str)] = &[
    ("AvailabilityZones", "AvailabilityZone"),
    ("DBClusterMembers", "DBClusterMember"),
    ("DBClusterOptionGroupMemberships", "DBClusterOptionGroup"),
    ("DBClusters", "DBCluster"),
    ("DBClusters/AssociatedRoles", "DBClusterRole"),
    ("DBClusters/StatusInfos", "DBClusterStatusInfo"),
    ("DBInstanceAutomatedBackupsReplications", "DBInstanceAutomatedBackupsReplication"),
    ("DBInstances", "DBInstance"),
    ("DBInstances/AssociatedRoles", "DBInstanceRole"),
    ("DBInstances/StatusInfos", "DBInstanceStatusInfo"),
    ("DBParameterGroups", "DBParameterGroup"),
    ("DBSecurityGroups", "DBSecurityGroup"),
    ("DomainMemberships", "DomainMembership"),
    ("EventCategories", "EventCategory"),
    ("Events", "Event"),
    ("OptionGroupMemberships", "OptionGroupMembership"),
    ("ProcessorFeatures", "ProcessorFeature"),
    ("ReadReplicaDBClusterIdentifiers", "ReadReplicaDBClusterIdentifier"),
    ("ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBInstanceIdentifier"),
    ("ReadReplicaIdentifiers", "ReadReplicaIdentifier"),
    ("Subnets", "Subnet"),
    ("TagList", "Tag"),
    ("VpcSecurityGroups", "VpcSecurityGroupMembership"),
];
