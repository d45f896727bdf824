//! An ECS service and what stands around it: tasks, revisions of its task definition, images, target groups.

use std::sync::Arc;

use marple_case::{
    Evidence, Facts, Scope,
    facts::{
        ContainerDefinition, ContainerState, Deployment, EnvironmentVariable, Image, Images, LoadBalancer, Metrics,
        Service, ServiceEvent, TargetGroup, Task, TaskDefinition,
    },
};

use super::{Seen, gather, subject::SubjectKind};

/// What is known of a service.
#[derive(Debug, Default)]
pub(crate) struct Workload<'a> {
    /// Its configuration and events, as read last.
    pub(crate) service: Option<Seen<'a, Service>>,
    /// Its tasks, running and stopped, without repetitions.
    pub(crate) tasks: Vec<Seen<'a, Task>>,
    /// Revisions of its task definition's family.
    pub(crate) definitions: Vec<Seen<'a, TaskDefinition>>,
    /// Readings of repositories.
    pub(crate) images: Vec<Seen<'a, Images>>,
    /// Load balancers.
    pub(crate) balancers: Vec<Seen<'a, LoadBalancer>>,
    /// Readings of metrics over the incident's window, for their correlations.
    pub(crate) metrics: Vec<Seen<'a, Metrics>>,
}

impl<'a> Workload<'a> {
    /// Gathers what the evidence holds of a service.
    pub(crate) fn of(scope: &Scope, evidence: &'a [Arc<Evidence>], kind: SubjectKind, name: Option<&str>) -> Self {
        let services = gather(evidence, |facts| match facts {
            Facts::Services(services) => services.iter().collect(),
            _ => Vec::new(),
        });
        let is_service = kind == SubjectKind::Service;
        let service = services.iter().rev().find(|service| Some(service.name.as_str()) == name).copied();
        let service = service.filter(|_| is_service);
        let group = format!("service:{}", name.unwrap_or_default());
        let mut tasks: Vec<Seen<'a, Task>> = Vec::new();
        for task in gather(evidence, |facts| match facts {
            Facts::Tasks(tasks) => tasks.iter().collect(),
            _ => Vec::new(),
        }) {
            let ours = !is_service || task.group.as_deref().is_none_or(|of| of == group || !of.starts_with("service:"));
            if ours && !tasks.iter().any(|known| known.id == task.id) {
                tasks.push(task);
            }
        }
        tasks.sort_by_key(|task| task.stopped.or(task.started).or(task.created));
        let family = service.map(|service| family_of(&service.fact.task_definition).to_owned());
        let family = family.or_else(|| tasks.last().map(|task| family_of(&task.fact.task_definition).to_owned()));
        let of_family = |definition: &TaskDefinition| family.as_ref().is_none_or(|family| *family == definition.family);
        let definitions = gather(evidence, |facts| match facts {
            Facts::TaskDefinitions(definitions) => definitions.iter().filter(|one| of_family(one)).collect(),
            _ => Vec::new(),
        });
        Self {
            service,
            tasks,
            definitions: if kind == SubjectKind::Function { Vec::new() } else { definitions },
            images: gather(evidence, |facts| match facts {
                Facts::Images(images) => vec![images],
                _ => Vec::new(),
            }),
            balancers: gather(evidence, |facts| match facts {
                Facts::LoadBalancers(balancers) => balancers.iter().collect(),
                _ => Vec::new(),
            }),
            metrics: gather(evidence, |facts| match facts {
                Facts::Metrics(metrics) if metrics.window == scope.window => vec![metrics],
                _ => Vec::new(),
            }),
        }
    }

    /// The revision that the service runs, or that its newest task ran.
    pub(crate) fn current(&self) -> Option<Seen<'a, TaskDefinition>> {
        let named = self.service.map(|service| service.fact.task_definition.as_str());
        let named = named.or_else(|| self.tasks.last().map(|task| task.fact.task_definition.as_str()));
        named
            .and_then(|name| self.definition(name))
            .or_else(|| self.definitions.iter().max_by_key(|one| one.revision).copied())
    }

    /// A revision by its name, `family:revision`; of several readings one that compares it with another.
    pub(crate) fn definition(&self, name: &str) -> Option<Seen<'a, TaskDefinition>> {
        let named = self.definitions.iter().filter(|definition| definition.name() == name);
        named.max_by_key(|definition| definition.compared_with.is_some()).copied()
    }

    /// The revision whose tasks failed last; else the current one.
    pub(crate) fn failing(&self) -> Option<Seen<'a, TaskDefinition>> {
        let failed = |task: &&Seen<'a, Task>| {
            matches!(task.stop_code.as_deref(), Some("EssentialContainerExited" | "TaskFailedToStart"))
        };
        let newest = self.tasks.iter().filter(failed).max_by_key(|task| task.stopped);
        newest.and_then(|task| self.definition(&task.task_definition)).or_else(|| self.current())
    }

    /// The newest revision before the current one.
    pub(crate) fn previous(&self) -> Option<Seen<'a, TaskDefinition>> {
        let current = self.current()?.revision;
        self.definitions.iter().filter(|one| one.revision < current).max_by_key(|one| one.revision).copied()
    }

    /// The name of the revision before the current one, if any evidence shows that it ran: a task, a deployment or its definition.
    pub(crate) fn previous_name(&self) -> Option<String> {
        let current = self.service.map(|service| service.fact.task_definition.clone());
        let current = current.or_else(|| Some(self.current()?.name()))?;
        let (family, number) = (family_of(&current), revision_of(&current)?);
        let ran = self.tasks.iter().map(|task| task.fact.task_definition.as_str());
        let deployed = self.deployments().map(|deployment| deployment.fact.task_definition.as_str());
        let known = self.previous().map(|definition| definition.name());
        let known: Vec<String> = ran.chain(deployed).map(str::to_owned).chain(known).collect();
        let earlier = known.into_iter().filter(|name| family_of(name) == family);
        let earlier = earlier.filter(|name| revision_of(name).is_some_and(|revision| revision < number));
        earlier.max_by_key(|name| revision_of(name))
    }

    /// The containers of the current revision, the essential ones first.
    pub(crate) fn containers(&self) -> Vec<&'a ContainerDefinition> {
        let mut containers: Vec<&'a ContainerDefinition> =
            self.current().map(|definition| definition.fact.containers.iter().collect()).unwrap_or_default();
        containers.sort_by_key(|container| !container.essential);
        containers
    }

    /// Environment variables of the current revision's containers.
    pub(crate) fn environment(&self) -> Vec<&'a EnvironmentVariable> {
        self.containers().into_iter().flat_map(|container| &container.environment).collect()
    }

    /// Log groups of all known revisions' containers, the current one's first.
    pub(crate) fn log_groups(&self) -> Vec<String> {
        let others = self.definitions.iter().flat_map(|definition| &definition.fact.containers);
        let mut groups: Vec<String> = Vec::new();
        for group in self.containers().into_iter().chain(others).filter_map(|container| container.log_group.clone()) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// The memory that a task may use, MiB.
    pub(crate) fn memory_mb(&self) -> Option<u32> {
        let number = |text: Option<&String>| text.and_then(|text| text.trim().parse::<u32>().ok());
        let definition = self.current().map(|definition| definition.fact);
        let whole = number(definition.and_then(|definition| definition.memory.as_ref()));
        let of_task = || self.tasks.iter().rev().find_map(|task| number(task.fact.memory.as_ref()));
        whole.or_else(of_task).or_else(|| self.containers().first().and_then(|container| container.memory))
    }

    /// The CPU units of a task, 1,024 a vCPU.
    pub(crate) fn cpu_units(&self) -> Option<u32> {
        let number = |text: Option<&String>| text.and_then(|text| text.trim().parse::<u32>().ok());
        let whole = number(self.current().and_then(|definition| definition.fact.cpu.as_ref()));
        whole.or_else(|| self.tasks.iter().rev().find_map(|task| number(task.fact.cpu.as_ref())))
    }

    /// The service's deployments, newest first.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = Seen<'a, Deployment>> + '_ {
        let of = |service: Seen<'a, Service>| {
            let evidence = service.evidence;
            service.fact.deployments.iter().map(move |fact| Seen { evidence, fact })
        };
        self.service.into_iter().flat_map(of)
    }

    /// The newest deployment.
    pub(crate) fn deployment(&self) -> Option<Seen<'a, Deployment>> {
        let primary = self.deployments().find(|deployment| deployment.status == "PRIMARY");
        primary.or_else(|| self.deployments().max_by_key(|deployment| deployment.created))
    }

    /// The service's events, oldest first.
    pub(crate) fn events(&self) -> Vec<Seen<'a, ServiceEvent>> {
        let of = |service: Seen<'a, Service>| {
            let evidence = service.evidence;
            service.fact.events.iter().map(move |fact| Seen { evidence, fact }).collect::<Vec<_>>()
        };
        let mut events = self.service.map(of).unwrap_or_default();
        events.sort_by_key(|event| event.at);
        events
    }

    /// Containers of tasks, with their task.
    pub(crate) fn container_states(&self) -> impl Iterator<Item = (Seen<'a, Task>, &'a ContainerState)> + '_ {
        self.tasks.iter().flat_map(|task| task.fact.containers.iter().map(move |container| (*task, container)))
    }

    /// Target groups of the service; of all load balancers where its own are not known.
    pub(crate) fn target_groups(&self) -> Vec<Seen<'a, TargetGroup>> {
        let own: Option<Vec<String>> = self
            .service
            .map(|service| service.fact.targets.iter().map(|target| target.resource().name).collect())
            .filter(|names: &Vec<String>| !names.is_empty());
        let of = |balancer: &Seen<'a, LoadBalancer>| {
            let (evidence, groups) = (balancer.evidence, &balancer.fact.target_groups);
            groups.iter().map(move |fact| Seen { evidence, fact })
        };
        let ours = |group: &Seen<'a, TargetGroup>| own.as_ref().is_none_or(|names| names.contains(&group.name));
        self.balancers.iter().flat_map(of).filter(ours).collect()
    }

    /// The load balancer in front of the service.
    pub(crate) fn balancer(&self) -> Option<Seen<'a, LoadBalancer>> {
        let own: Vec<String> = self.target_groups().iter().map(|group| group.name.clone()).collect();
        let ours =
            |balancer: &&Seen<'a, LoadBalancer>| balancer.target_groups.iter().any(|group| own.contains(&group.name));
        self.balancers.iter().find(ours).or_else(|| self.balancers.first()).copied()
    }

    /// All images that were listed.
    pub(crate) fn all_images(&self) -> impl Iterator<Item = Seen<'a, Image>> + '_ {
        let of = |images: &Seen<'a, Images>| {
            let (evidence, images) = (images.evidence, &images.fact.images);
            images.iter().map(move |fact| Seen { evidence, fact })
        };
        self.images.iter().flat_map(of)
    }

    /// The listed image that a task definition's `image` means: by its digest or tag.
    pub(crate) fn image(&self, reference: &str) -> Option<Seen<'a, Image>> {
        let wanted = ImageName::of(reference);
        let fits = |image: &Seen<'a, Image>| {
            image.repository == wanted.repository
                && match wanted.digest {
                    Some(digest) => image.digest == digest,
                    None => image.tags.iter().any(|tag| tag == wanted.tag),
                }
        };
        self.all_images().find(fits)
    }

    /// Whether the whole of a repository was listed, so that an absence shows something.
    pub(crate) fn listing(&self, repository: &str) -> Option<Seen<'a, Images>> {
        let whole = |images: &&Seen<'a, Images>| images.repository == repository;
        self.images.iter().filter(whole).min_by_key(|images| images.asked.is_some()).copied()
    }
}

/// An image reference in its parts: `registry/repository:tag@digest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImageName<'n> {
    /// The repository without the registry's host.
    pub(crate) repository: &'n str,
    /// The tag; `latest` where none is named.
    pub(crate) tag: &'n str,
    /// `sha256:…`.
    pub(crate) digest: Option<&'n str>,
}

impl<'n> ImageName<'n> {
    /// Splits a reference.
    pub(crate) fn of(reference: &'n str) -> Self {
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let is_host = |part: &str| part.contains('.') || part.contains(':') || part == "localhost";
        let path = match name.split_once('/') {
            Some((host, path)) if is_host(host) => path,
            _ => name,
        };
        let (repository, tag) = path.rsplit_once(':').unwrap_or((path, "latest"));
        Self { repository, tag, digest }
    }
}

/// The family in `family:revision`.
pub(crate) fn family_of(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}

/// The number in `family:revision`.
pub(crate) fn revision_of(name: &str) -> Option<u32> {
    name.rsplit_once(':').and_then(|(_, number)| number.parse().ok())
}
