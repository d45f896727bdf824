//! RDS and Aurora: the SDK's clusters, instances and events made facts, and the calls that several tools make.

use aws_sdk_rds::types::{DbCluster, DbInstance, Event, SourceType};
use futures::join;
use marple_case::{
    ResourceKind, Window,
    facts::{Database, Storage},
};

use crate::{
    fault::{Asked, Fault},
    time,
    tool::Context,
};

/// Databases of each sort that are listed at most.
const LIMIT: usize = 500;
/// Events that are read at most.
const EVENTS: usize = 1_000;

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// Aurora's volumes grow by themselves, and RDS gives 1 GiB for them.
fn storage(engine: Option<&str>, allocated: Option<i32>, most: Option<i32>, kind: Option<&str>) -> Option<Storage> {
    let gib = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).filter(|gib| *gib > 0);
    let is_aurora = engine.is_some_and(|engine| engine.starts_with("aurora"));
    let allocated_gib = gib(allocated).filter(|_| !is_aurora)?;
    Some(Storage { allocated_gib, most_gib: gib(most), kind: kind.map(str::to_owned) })
}

fn cluster(cluster: &DbCluster) -> Database {
    let members = cluster.db_cluster_members().iter();
    let groups = cluster.vpc_security_groups().iter();
    Database {
        kind: ResourceKind::DbCluster,
        id: text(cluster.db_cluster_identifier()),
        arn: text(cluster.db_cluster_arn()),
        engine: text(cluster.engine()),
        engine_version: text(cluster.engine_version()),
        status: text(cluster.status()),
        instance_class: cluster.db_cluster_instance_class().map(str::to_owned),
        // Of a Multi-AZ cluster; its instances do not say how it grows.
        storage: storage(cluster.engine(), cluster.allocated_storage(), None, cluster.storage_type()),
        endpoint: cluster.endpoint().map(str::to_owned),
        reader_endpoint: cluster.reader_endpoint().map(str::to_owned),
        port: port(cluster.port()),
        members: members.filter_map(|member| member.db_instance_identifier()).map(str::to_owned).collect(),
        security_group_ids: groups.filter_map(|group| group.vpc_security_group_id()).map(str::to_owned).collect(),
        created: cluster.cluster_create_time().and_then(time::timestamp),
        events: Vec::new(),
        load: Vec::new(),
    }
}

fn instance(instance: &DbInstance) -> Database {
    let groups = instance.vpc_security_groups().iter();
    let endpoint = instance.endpoint();
    Database {
        kind: ResourceKind::DbInstance,
        id: text(instance.db_instance_identifier()),
        arn: text(instance.db_instance_arn()),
        engine: text(instance.engine()),
        engine_version: text(instance.engine_version()),
        status: text(instance.db_instance_status()),
        instance_class: instance.db_instance_class().map(str::to_owned),
        storage: storage(
            instance.engine(),
            instance.allocated_storage(),
            instance.max_allocated_storage(),
            instance.storage_type(),
        ),
        endpoint: endpoint.and_then(|endpoint| endpoint.address()).map(str::to_owned),
        reader_endpoint: None,
        port: port(endpoint.and_then(|endpoint| endpoint.port())),
        members: instance.db_cluster_identifier().map(str::to_owned).into_iter().collect(),
        security_group_ids: groups.filter_map(|group| group.vpc_security_group_id()).map(str::to_owned).collect(),
        created: instance.instance_create_time().and_then(time::timestamp),
        events: Vec::new(),
        load: Vec::new(),
    }
}

/// Clusters and instances, each as far as they could be read.
pub(crate) struct Found {
    /// Clusters, each with the host names of its custom endpoints.
    pub clusters: Result<Vec<(Database, Vec<String>)>, Fault>,
    /// Instances.
    pub instances: Result<Vec<Database>, Fault>,
}

/// All clusters and instances of the region.
pub(crate) async fn all(context: Context<'_>) -> Found {
    let (clusters, instances) = join!(clusters(context), instances(context));
    Found { clusters, instances }
}

async fn clusters(context: Context<'_>) -> Result<Vec<(Database, Vec<String>)>, Fault> {
    let mut clusters = Vec::new();
    let mut marker = None;
    loop {
        let page = context.clients.rds().describe_db_clusters().set_marker(marker).send().await;
        let page = page.asked("rds:DescribeDBClusters")?;
        clusters.extend(page.db_clusters().iter().map(|one| (cluster(one), one.custom_endpoints().to_vec())));
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || clusters.len() >= LIMIT {
            return Ok(clusters);
        }
    }
}

async fn instances(context: Context<'_>) -> Result<Vec<Database>, Fault> {
    let mut instances = Vec::new();
    let mut marker = None;
    loop {
        let page = context.clients.rds().describe_db_instances().set_marker(marker).send().await;
        let page = page.asked("rds:DescribeDBInstances")?;
        instances.extend(page.db_instances().iter().map(instance));
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || instances.len() >= LIMIT {
            return Ok(instances);
        }
    }
}

/// RDS events of a span, of one database or of all. RDS keeps 14 days.
pub(crate) async fn events(of: Option<&Database>, span: Window, context: Context<'_>) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let mut marker = None;
    let kind = of.map(|database| match database.kind {
        ResourceKind::DbCluster => SourceType::DbCluster,
        _ => SourceType::DbInstance,
    });
    loop {
        let asked = context.clients.rds().describe_events().set_source_type(kind.clone());
        let asked = asked.set_source_identifier(of.map(|database| database.id.clone()));
        let asked = asked.start_time(time::date_time(span.start)).end_time(time::date_time(span.end));
        let page = asked.set_marker(marker).send().await.asked("rds:DescribeEvents")?;
        marker = page.marker.filter(|marker| !marker.is_empty());
        events.extend(page.events.unwrap_or_default());
        if marker.is_none() || events.len() >= EVENTS {
            return Ok(events);
        }
    }
}
