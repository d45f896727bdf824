//! Which sections of a stack's template are shown, and their text.

use std::fmt::Write as _;

use marple_case::facts::StackResource;

use crate::{fault::Fault, hide::Hider, stack::Template};

/// Kinds of resources of which only the template tells what matters in an incident: no tool describes them.
const TELLING: [&str; 16] = [
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::Events::Rule",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::SubscriptionFilter",
    "AWS::Pipes::Pipe",
    "AWS::SNS::Subscription",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::StepFunctions::StateMachine",
];

/// Sections that nobody asked for: bytes in all.
const UNASKED_BYTES: usize = 1_500;
/// The section of the resource by which the stack was found, bytes at most.
const NAMED_BYTES: usize = 2_000;
/// Logical ids that a line names at most.
const IDS: usize = 40;

/// What is wanted of a template.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// The section of the resource by whose physical id the stack was found, and those of telling kinds, as far as they are short.
    Telling(Option<&'a str>),
    /// The sections of these logical or physical ids, whole.
    Only(&'a [String]),
}

impl Wanted<'_> {
    /// Whether there is a reason to read the template.
    pub(super) fn needs_template(&self, resources: &[StackResource]) -> bool {
        match self {
            Wanted::Telling(named) => named.is_some() || resources.iter().any(is_telling),
            Wanted::Only(_) => true,
        }
    }
}

fn is_telling(resource: &StackResource) -> bool {
    TELLING.contains(&resource.resource_type.as_str())
}

/// The sections of a template, and what is not shown of it.
pub(super) fn rendered(
    template: Result<Option<String>, Fault>,
    wanted: Wanted<'_>,
    resources: &[StackResource],
    hider: &Hider,
) -> String {
    let template = match template {
        Ok(template) => template,
        Err(Fault::Denied { action, .. }) => return format!("template: denied ({action})\n"),
        Err(fault) => return format!("template: failed ({fault})\n"),
    };
    let Some(template) = template.as_deref().and_then(Template::read) else {
        return "template: none that can be read\n".to_owned();
    };
    let mut shown = Shown { template: &template, hider, places: Vec::new(), text: String::new() };
    match wanted {
        Wanted::Only(ids) => ids.iter().for_each(|id| shown.asked_for(id, resources)),
        Wanted::Telling(named) => shown.telling(named, resources),
    }
    shown.text
}

/// What is shown so far.
struct Shown<'t> {
    template: &'t Template,
    hider: &'t Hider,
    /// Logical ids of the template, each shown once.
    places: Vec<String>,
    text: String,
}

impl Shown<'_> {
    /// The section of a logical or physical id, or that there is none.
    fn asked_for(&mut self, id: &str, resources: &[StackResource]) {
        let own = resources.iter().find(|one| one.logical_id == id || is_named(one, id));
        let logical = own.map_or(id, |one| one.logical_id.as_str());
        let Some((place, section)) = self.section(logical) else {
            let known: Vec<&str> = resources.iter().take(IDS).map(|one| one.logical_id.as_str()).collect();
            let _ = writeln!(self.text, "template, nothing of {id}; the stack's logical ids: {}", known.join(", "));
            return;
        };
        self.show(&place, logical, &section);
    }

    /// The section of the named resource, then those of telling kinds, as far as they are short; and which are not shown.
    fn telling(&mut self, named: Option<&str>, resources: &[StackResource]) {
        let mut left_out: Vec<&str> = Vec::new();
        let named = named.and_then(|named| resources.iter().find(|one| is_named(one, named)));
        let mut room = UNASKED_BYTES;
        let telling = resources.iter().filter(|one| is_telling(one));
        for resource in named.into_iter().chain(telling) {
            let id = resource.logical_id.as_str();
            let Some((place, section)) = self.section(id) else { continue };
            let is_named = named.is_some_and(|named| named.logical_id == id);
            if self.places.contains(&place) || left_out.contains(&id) {
                continue;
            }
            if section.len() > if is_named { NAMED_BYTES } else { room } {
                left_out.push(id);
                continue;
            }
            room = if is_named { room } else { room.saturating_sub(section.len()) };
            self.show(&place, id, &section);
        }
        if !left_out.is_empty() {
            let all = left_out.len();
            left_out.truncate(IDS);
            let more = if all > IDS { ", …" } else { "" };
            let _ = writeln!(self.text, "template, not shown: {}{more} (template_of shows them)", left_out.join(", "));
        }
    }

    fn section(&self, logical_id: &str) -> Option<(String, String)> {
        let place = self.template.place_of(logical_id)?;
        Some((place.to_owned(), self.template.section(place, self.hider)?))
    }

    fn show(&mut self, place: &str, logical_id: &str, section: &str) {
        if self.places.iter().any(|shown| shown == place) {
            return;
        }
        if self.places.is_empty() {
            self.text.push_str("template:\n");
        }
        if place != logical_id {
            let _ = writeln!(self.text, "  ({logical_id} is made of this:)");
        }
        let _ = writeln!(self.text, "{}", section.trim_end());
        self.places.push(place.to_owned());
    }
}

/// Whether a physical id is the resource's. Some are ARNs or, of queues, URLs, and people say names.
fn is_named(resource: &StackResource, id: &str) -> bool {
    let is_long = |physical: &str| physical.starts_with("arn:") || physical.starts_with("https://");
    let ends_so = |physical: &str| is_long(physical) && physical.rsplit([':', '/']).next() == Some(id);
    resource.physical_id.as_deref().is_some_and(|physical| physical == id || ends_so(physical))
}
