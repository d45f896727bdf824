//! Builds the evidence of an ECS service as the tools make it: facts, and the lines that they document.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Evidence, Facts, MitigationPlan, ResourceKind, ResourceRef, RootCause, Scope,
    facts::{
        Alarm, Changes, Correlation, Database, Databases, EnvironmentVariable, Image, Images, LoadBalancer, LogSummary,
        MetricId, Metrics, Point, Secret, Series, Service, Shape, ShownValue, Summary, Task, TaskDefinition,
    },
};
use serde_json::{Value, json};

use super::world::{self, World, at, metric, play, taken};

/// A service behind a load balancer, in the incident's hour of [`World`].
pub(super) struct Fleet {
    pub(super) world: World,
    pub(super) name: String,
    pub(super) service: Service,
    pub(super) tasks: Vec<Task>,
    pub(super) definition: TaskDefinition,
    pub(super) images: Vec<Image>,
    pub(super) balancer: LoadBalancer,
    pub(super) series: Vec<Series>,
    pub(super) secrets: Vec<Secret>,
}

const REGISTRY: &str = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";

impl Fleet {
    pub(super) fn new(name: &str) -> Self {
        let mut world = World::new(name, "provided", "none");
        world.scope.subjects = vec![ResourceRef::new(ResourceKind::EcsService, name)];
        let watched = MetricId {
            namespace: "AWS/ApplicationELB".into(),
            name: "HTTPCode_Target_5XX_Count".into(),
            dimensions: [("TargetGroup".to_owned(), format!("targetgroup/{name}-tg/77aa"))].into(),
        };
        world.alarm = world::alarm(&format!("{name}-5xx"), watched);
        world.scope.alarm = Some(world.alarm.name.clone());
        world.summary.log_group = format!("/apps/{name}");
        world.summary.invocations = None;
        world.summary.baseline_invocations = None;
        Self {
            service: service(name),
            tasks: Vec::new(),
            definition: definition(name),
            images: vec![
                image(name, "r41", "2026-02-20T08:00:00Z", "amd64"),
                image(name, "r42", "2026-03-05T09:50:00Z", "amd64"),
            ],
            balancer: balancer(name),
            series: Vec::new(),
            secrets: Vec::new(),
            name: name.to_owned(),
            world,
        }
    }

    /// A deployment of revision 42 after 41 in the incident's hour.
    pub(super) fn deployed(mut self, time: &str, differences: &[&str]) -> Self {
        self.service.deployments = vec![
            serde_json::from_value(json!({"id": "ecs-svc/9000", "status": "PRIMARY", "task_definition": format!("{}:42", self.name), "created": time, "updated": null, "desired": 2, "running": 2, "pending": 0, "failed_tasks": 0, "rollout_state": "COMPLETED", "rollout_reason": null})).unwrap(),
        ];
        self.definition.compared_with = Some(41);
        self.definition.differences = differences.iter().map(|line| (*line).to_owned()).collect();
        self
    }

    /// A stopped task.
    pub(super) fn stopped(
        mut self,
        start: &str,
        stop: &str,
        code: Option<i32>,
        container: Option<&str>,
        task: &str,
    ) -> Self {
        let id = format!("aa{:030}", self.tasks.len());
        let stop_code = if code.is_some() { "EssentialContainerExited" } else { "TaskFailedToStart" };
        self.tasks.push(serde_json::from_value(json!({
            "id": id, "arn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{id}"), "cluster": "prod", "group": format!("service:{}", self.name),
            "task_definition": format!("{}:42", self.name), "status": "STOPPED", "desired_status": "STOPPED", "health": null, "cpu": "512", "memory": "1024",
            "created": start, "started": if code.is_some() { json!(start) } else { Value::Null }, "stopped": stop, "stop_code": stop_code, "stopped_reason": task,
            "containers": [{"name": "web", "image": self.definition.containers[0].image, "image_digest": null, "status": "STOPPED", "exit_code": code, "reason": container, "health": null}]
        })).unwrap());
        self
    }

    /// A task that runs.
    pub(super) fn running(mut self, start: &str) -> Self {
        let id = format!("bb{:030}", self.tasks.len());
        self.tasks.push(serde_json::from_value(json!({
            "id": id, "arn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{id}"), "cluster": "prod", "group": format!("service:{}", self.name),
            "task_definition": format!("{}:42", self.name), "status": "RUNNING", "desired_status": "RUNNING", "health": null, "cpu": "512", "memory": "1024",
            "created": start, "started": start, "stopped": null, "stop_code": null, "stopped_reason": null, "containers": []
        })).unwrap());
        self
    }

    pub(super) fn event(mut self, time: &str, message: &str) -> Self {
        self.service.events.push(serde_json::from_value(json!({"at": time, "message": message})).unwrap());
        self
    }

    /// A series with a value a minute from 10:00, and the baseline's least and greatest value.
    pub(super) fn minutes(
        mut self,
        name: &str,
        statistic: &str,
        shape: Shape,
        values: &[f64],
        baseline: (f64, f64),
    ) -> Self {
        let id = match name {
            "MemoryUtilization" | "CPUUtilization" => {
                let mut id = metric("AWS/ECS", name, "ServiceName", &self.name);
                id.dimensions.insert("ClusterName".into(), "prod".into());
                id
            }
            _ => metric("AWS/ApplicationELB", name, "TargetGroup", &format!("targetgroup/{}-tg/77aa", self.name)),
        };
        let points: Vec<Point> =
            values.iter().enumerate().map(|(minute, value)| Point { at: minute_of(minute), value: *value }).collect();
        let sum = values.iter().sum::<f64>();
        let window = Summary {
            points: points.len() as u32,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(0.0, f64::max),
            mean: sum / values.len().max(1) as f64,
            sum,
            nonzero: values.iter().filter(|value| **value > 0.0).count() as u32,
        };
        let (low, high) = baseline;
        let baseline = Summary {
            points: 60,
            min: low,
            max: high,
            mean: f64::midpoint(low, high),
            sum: 60.0 * f64::midpoint(low, high),
            nonzero: 60,
        };
        self.series.push(Series {
            metric: id,
            statistic: statistic.into(),
            period_s: 60,
            unit: None,
            points,
            window,
            baseline: Some(baseline),
            change_points: Vec::new(),
            shape,
            pauses: Vec::new(),
            baseline_pauses: Vec::new(),
        });
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        let value = ShownValue::Plain(value.into());
        self.definition.containers[0].environment.push(EnvironmentVariable { name: name.into(), value });
        self
    }

    pub(super) fn secret(mut self, name: &str, rotated: Option<&str>) -> Self {
        self.secrets.push(serde_json::from_value(json!({
            "name": name, "arn": format!("arn:aws:secretsmanager:eu-central-1:111122223333:secret:{name}-AbCdEf"), "description": "database credentials", "created": "2026-01-01T00:00:00Z",
            "changed": rotated, "rotated": rotated, "rotation_enabled": true, "accessed": null, "deletion": null, "stack": "shop"
        })).unwrap());
        self
    }

    pub(super) fn database(mut self, id: &str, most: f64) -> Self {
        self.world =
            self.world.database(id, &format!("{id}.cluster-x.eu-central-1.rds.amazonaws.com"), "available", most);
        self
    }

    /// The evidence, in the opening's order.
    pub(super) fn evidence(&self) -> Vec<Arc<Evidence>> {
        let scope = &self.world.scope;
        let correlations = self.correlations();
        let metrics = Metrics {
            window: scope.window,
            baseline: Some(scope.baseline),
            series: self.series.clone(),
            correlations: correlations.clone(),
        };
        let mut text: String = self.series.iter().map(series_text).collect();
        for one in &correlations {
            text += &format!(
                "correlation: {} rises with RequestCount: (r {:.2} of changes)\n",
                self.series[one.follower].metric.name, one.changes
            );
        }
        let images = Images { repository: self.name.clone(), asked: None, images: self.images.clone() };
        let changes =
            Changes { window: scope.window, changes: self.world.changes.clone(), read: Vec::new(), unread: Vec::new() };
        let mut all = vec![
            taken(
                "describe_alarms",
                json!({}),
                world::alarm_text(&self.world.alarm),
                Facts::Alarms(vec![self.alarm()]),
            ),
            taken(
                "describe_service",
                json!({"service": self.name}),
                self.service_text(),
                Facts::Services(vec![self.service.clone()]),
            ),
            taken("list_tasks", json!({"service": self.name}), self.tasks_text(), Facts::Tasks(self.tasks.clone())),
            taken(
                "describe_task_definition",
                json!({}),
                self.definition_text(),
                Facts::TaskDefinitions(vec![self.definition.clone()]),
            ),
            taken("list_images", json!({"repository": self.name}), self.images_text(), Facts::Images(images)),
            taken(
                "describe_load_balancer",
                json!({}),
                self.balancer_text(),
                Facts::LoadBalancers(vec![self.balancer.clone()]),
            ),
            taken("get_metrics", json!({}), text, Facts::Metrics(metrics)),
            taken(
                "summarize_logs",
                json!({}),
                world::summary_text(self.summary()),
                Facts::LogSummary(self.summary().clone()),
            ),
            taken("list_changes", json!({}), world::changes_text(&changes, &self.name), Facts::Changes(changes)),
            taken(
                "list_secrets",
                json!({}),
                self.secrets.iter().map(|one| format!("secret {}\n", one.name)).collect(),
                Facts::Secrets(self.secrets.clone()),
            ),
        ];
        let databases: &[Database] = &self.world.databases;
        let text = databases.iter().map(world::database_text).collect();
        all.push(taken(
            "describe_database",
            json!({}),
            text,
            Facts::Databases(Databases { databases: databases.to_vec() }),
        ));
        for (index, evidence) in all.iter_mut().map(Arc::make_mut).enumerate() {
            evidence.id = marple_agent::ports::evidence_id(index);
        }
        all
    }

    fn alarm(&self) -> Alarm {
        self.world.alarm.clone()
    }

    fn summary(&self) -> &LogSummary {
        &self.world.summary
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.world.scope
    }

    pub(super) fn investigate(&self) -> (RootCause, MitigationPlan) {
        play(&self.world.scope, &self.evidence())
    }

    fn correlations(&self) -> Vec<Correlation> {
        let place = |name: &str| self.series.iter().position(|series| series.metric.name == name);
        let Some(driver) = place("RequestCount") else { return Vec::new() };
        let followers = ["MemoryUtilization", "CPUUtilization"].into_iter().filter_map(place);
        followers
            .map(|follower| Correlation {
                driver,
                follower,
                periods: 60,
                values: 0.5,
                changes: 0.9,
                mean_when_driven: None,
                mean_when_idle: None,
                change_per_unit: None,
            })
            .collect()
    }

    fn service_text(&self) -> String {
        let mut text = format!(
            "service: {}\ncluster: prod\ntasks: {} desired, {} running, 0 pending\n",
            self.name, self.service.desired, self.service.running
        );
        for one in &self.service.deployments {
            text += &format!(
                "deployment: {} {} {} failed tasks {}\n",
                one.id, one.status, one.task_definition, one.failed_tasks
            );
        }
        for event in &self.service.events {
            text += &format!("{} {}\n", event.at, event.message);
        }
        text
    }

    fn tasks_text(&self) -> String {
        let mut text = "tasks:\n".to_owned();
        for task in &self.tasks {
            let end = task.stopped.map(|at| {
                format!(" stopped {at} ran 500 s reason {}", task.stopped_reason.as_deref().unwrap_or_default())
            });
            text += &format!("task: {} {}{}\n", task.id, task.status, end.unwrap_or_default());
            for one in &task.containers {
                let code = one.exit_code.map(|code| format!(" exit code {code}")).unwrap_or_default();
                text +=
                    &format!("  container: {}{code} reason {}\n", one.name, one.reason.as_deref().unwrap_or("none"));
            }
        }
        text
    }

    fn definition_text(&self) -> String {
        let mut text = format!(
            "task definition: {}\narchitecture: {}\nexecution role: {}\n",
            self.definition.name(),
            self.definition.architecture.as_deref().unwrap_or("not given"),
            self.definition.execution_role.as_deref().unwrap_or("none")
        );
        for one in &self.definition.containers {
            text += &format!("container: {} image {}\n", one.name, one.image);
            for variable in &one.environment {
                text += &format!("  {}={}\n", variable.name, variable.value);
            }
            if one.secrets.is_empty() {
                text += &format!("no secret is injected into container {}\n", one.name);
            }
            for secret in &one.secrets {
                text += &format!("  secret {} from {}\n", secret.name, secret.value_from);
            }
        }
        if let Some(other) = self.definition.compared_with {
            text += &format!("compared with: {}:{other}, registered 2026-02-20T08:00:00Z\n", self.name);
        }
        for line in &self.definition.differences {
            text += &format!("  {line}\n");
        }
        text
    }

    fn images_text(&self) -> String {
        let mut text = format!("repository: {}, {} images\n", self.name, self.images.len());
        for one in &self.images {
            text += &format!("image: {} {} {}\n", one.tags.join(", "), one.digest, one.architectures.join(", "));
        }
        text
    }

    fn balancer_text(&self) -> String {
        let mut text = format!(
            "load balancer: {}\naccess logs: off\nidle timeout: {} s\n",
            self.balancer.name,
            self.balancer.idle_timeout_s.unwrap_or_default()
        );
        for group in &self.balancer.target_groups {
            text += &format!(
                "target group: {}\n  health check: {}\n",
                group.name,
                group.health_path.as_deref().unwrap_or_default()
            );
            for target in &group.targets {
                text += &format!(
                    "target: {}:8080 {} {} \"{}\"\n",
                    target.id,
                    target.state,
                    target.reason.as_deref().unwrap_or_default(),
                    target.description.as_deref().unwrap_or_default()
                );
            }
        }
        text
    }
}

fn minute_of(minute: usize) -> Timestamp {
    at("2026-03-05T10:00:00Z").checked_add(SignedDuration::from_mins(minute as i64)).unwrap()
}

fn series_text(series: &Series) -> String {
    format!(
        "{}, {} per 60 s: window {} points, sum {}, min {}, max {}\n",
        series.metric, series.statistic, series.window.points, series.window.sum, series.window.min, series.window.max
    )
}

fn image(name: &str, tag: &str, pushed: &str, architecture: &str) -> Image {
    serde_json::from_value(json!({"repository": name, "digest": format!("sha256:{tag}00"), "tags": [tag], "pushed": pushed, "size": 9, "pulled": null, "architectures": [architecture]})).unwrap()
}

fn group_arn(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/{name}-tg/77aa")
}

fn service(name: &str) -> Service {
    serde_json::from_value(json!({
        "name": name, "arn": format!("arn:aws:ecs:eu-central-1:111122223333:service/prod/{name}"), "cluster": "prod", "status": "ACTIVE", "desired": 2, "running": 2, "pending": 0,
        "launch_type": "FARGATE", "task_definition": format!("{name}:42"), "created": null, "deployments": [], "events": [],
        "targets": [{"target_group_arn": group_arn(name), "container": "web", "port": 8080}], "health_check_grace_s": null, "circuit_breaker": null, "subnet_ids": [], "security_group_ids": [], "stack": "shop"
    })).unwrap()
}

fn definition(name: &str) -> TaskDefinition {
    serde_json::from_value(json!({
        "family": name, "revision": 42, "arn": format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/{name}:42"), "status": "ACTIVE", "cpu": "512", "memory": "1024", "architecture": "X86_64",
        "execution_role": "arn:aws:iam::111122223333:role/exec", "task_role": null, "registered": "2026-03-05T09:55:00Z", "registered_by": null,
        "containers": [{"name": "web", "image": format!("{REGISTRY}/{name}:r42"), "essential": true, "cpu": 0, "memory": null, "environment": [], "secrets": [], "ports": [8080], "health_check": null, "log_group": format!("/apps/{name}"), "command": []}],
        "differences": [], "compared_with": null
    })).unwrap()
}

fn balancer(name: &str) -> LoadBalancer {
    serde_json::from_value(json!({
        "name": format!("{name}-alb"), "arn": format!("arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/{name}-alb/1"), "dns_name": "x", "kind": "application", "scheme": null, "state": "active", "created": null,
        "access_logs": false, "idle_timeout_s": 60, "routes": [], "load": [],
        "target_groups": [{"name": format!("{name}-tg"), "arn": group_arn(name), "protocol": "HTTP", "port": 8080, "health_path": "/live", "health_codes": "200", "health_interval_s": 10, "health_timeout_s": 5, "unhealthy_threshold": 2,
            "targets": [{"id": "10.0.4.9", "port": 8080, "state": "healthy", "reason": null, "description": null}], "load": []}]
    })).unwrap()
}
