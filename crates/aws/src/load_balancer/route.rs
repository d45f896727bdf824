//! Listeners and their rules, one a line, each with the ARN by which a plan changes it (a rule's own; for the default the listener's):
//! `HTTPS:443 default -> forward shop-tg (arn:…)`, `HTTPS:443 path /api/* -> fixed response 503 (arn:…)`.

use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Listener, Rule, RuleCondition};
use futures::future::try_join_all;
use marple_case::{ResourceKind, ResourceRef};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
};

/// Pages that are read at most.
const PAGES: usize = 10;

/// The routes of a load balancer, in the order in which rules are tried.
pub(crate) async fn of(balancer: &str, clients: &Clients) -> Result<Vec<String>, Fault> {
    let mut listeners = Vec::new();
    let mut marker = None;
    for _ in 0..PAGES {
        let asked = clients.load_balancers().describe_listeners().load_balancer_arn(balancer).set_marker(marker);
        let page = asked.send().await.asked("elasticloadbalancing:DescribeListeners")?;
        listeners.extend(page.listeners.unwrap_or_default());
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    let lines = listeners.iter().map(|listener| async move {
        let rules = rules(listener, clients).await?;
        Ok::<_, Fault>(lines(listener, &rules))
    });
    Ok(try_join_all(lines).await?.into_iter().flatten().collect())
}

async fn rules(listener: &Listener, clients: &Clients) -> Result<Vec<Rule>, Fault> {
    let Some(arn) = listener.listener_arn() else { return Ok(Vec::new()) };
    let mut rules = Vec::new();
    let mut marker = None;
    for _ in 0..PAGES {
        let asked = clients.load_balancers().describe_rules().listener_arn(arn).set_marker(marker);
        let page = asked.send().await.asked("elasticloadbalancing:DescribeRules")?;
        rules.extend(page.rules.unwrap_or_default());
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    Ok(rules)
}

fn lines(listener: &Listener, rules: &[Rule]) -> Vec<String> {
    let protocol = listener.protocol().map_or("?", |protocol| protocol.as_str());
    let entrance = format!("{protocol}:{}", listener.port().unwrap_or(0));
    let mut own: Vec<&Rule> = rules.iter().filter(|rule| rule.is_default() != Some(true)).collect();
    own.sort_by_key(|rule| rule.priority().and_then(|priority| priority.parse::<u32>().ok()).unwrap_or(u32::MAX));
    let line = |rule: &Rule| {
        let conditions: Vec<String> = rule.conditions().iter().map(condition).collect();
        format!(
            "{entrance} {} -> {}{}",
            conditions.join(" and "),
            actions(rule.actions()),
            in_brackets(rule.rule_arn())
        )
    };
    let mut lines: Vec<String> = own.into_iter().map(line).collect();
    let default = actions(listener.default_actions());
    lines.push(format!("{entrance} default -> {default}{}", in_brackets(listener.listener_arn())));
    lines
}

fn in_brackets(arn: Option<&str>) -> String {
    arn.map(|arn| format!(" ({arn})")).unwrap_or_default()
}

/// `path /api/* or /v2/*`.
fn condition(condition: &RuleCondition) -> String {
    let field = match condition.field().unwrap_or("condition") {
        "path-pattern" => "path",
        "host-header" => "host",
        "http-request-method" => "method",
        other => other,
    };
    let path = condition.path_pattern_config().map(|one| one.values());
    let host = condition.host_header_config().map(|one| one.values());
    let method = condition.http_request_method_config().map(|one| one.values());
    let source = condition.source_ip_config().map(|one| one.values());
    let header = condition.http_header_config().map(|one| one.values());
    let values = path.or(host).or(method).or(source).or(header).unwrap_or(condition.values());
    format!("{field} {}", values.join(" or "))
}

fn actions(actions: &[Action]) -> String {
    let words: Vec<String> = actions.iter().map(action).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn action(action: &Action) -> String {
    let name = |arn: &str| ResourceRef::of_arn(ResourceKind::TargetGroup, arn).name;
    match action.r#type() {
        Some(ActionTypeEnum::Forward) => {
            let groups = action.forward_config().map(|forward| forward.target_groups()).unwrap_or_default();
            let weighted = groups.iter().filter_map(|group| {
                let weight = group.weight().filter(|_| groups.len() > 1).map(|weight| format!(" (weight {weight})"));
                Some(format!("{}{}", name(group.target_group_arn()?), weight.unwrap_or_default()))
            });
            let mut groups: Vec<String> = weighted.collect();
            if groups.is_empty() {
                groups.extend(action.target_group_arn().map(name));
            }
            format!("forward {}", groups.join(", "))
        }
        Some(ActionTypeEnum::FixedResponse) => {
            let code = action.fixed_response_config().and_then(|fixed| fixed.status_code()).unwrap_or("?");
            format!("fixed response {code}")
        }
        Some(ActionTypeEnum::Redirect) => {
            let redirect = action.redirect_config();
            let part = |value: Option<&str>| value.unwrap_or_default().to_owned();
            let protocol = part(redirect.and_then(|one| one.protocol()));
            let port = part(redirect.and_then(|one| one.port()));
            let path = part(redirect.and_then(|one| one.path()));
            format!("redirect to {protocol}:{port}{path}")
        }
        Some(other) => other.as_str().to_owned(),
        None => "an unknown action".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{
        FixedResponseActionConfig, PathPatternConditionConfig, ProtocolEnum, TargetGroupTuple,
    };

    use super::*;

    #[test]
    fn rules_are_written_in_the_order_in_which_they_are_tried_and_the_default_last() {
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/{name}/1");
        let forward =
            |name: &str| Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(arn(name)).build();
        let path = PathPatternConditionConfig::builder().values("/api/*").values("/v2/*").build();
        let condition = RuleCondition::builder().field("path-pattern").path_pattern_config(path).build();
        let gone = FixedResponseActionConfig::builder().status_code("410").build();
        let gone = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(gone).build();
        let rules = [
            Rule::builder().priority("20").conditions(condition.clone()).actions(gone).build(),
            Rule::builder().priority("3").conditions(condition).actions(forward("api")).rule_arn("arn:rule").build(),
            Rule::builder().priority("default").is_default(true).build(),
        ];
        let group = |name: &str, weight| TargetGroupTuple::builder().target_group_arn(arn(name)).weight(weight).build();
        let split = aws_sdk_elasticloadbalancingv2::types::ForwardActionConfig::builder()
            .target_groups(group("blue", 90))
            .target_groups(group("green", 10))
            .build();
        let listener = Listener::builder().port(443).protocol(ProtocolEnum::Https).listener_arn("arn:listener");
        let listener = listener
            .default_actions(Action::builder().r#type(ActionTypeEnum::Forward).forward_config(split).build())
            .build();
        insta::assert_snapshot!(lines(&listener, &rules).join("\n"), @r"
        HTTPS:443 path /api/* or /v2/* -> forward api (arn:rule)
        HTTPS:443 path /api/* or /v2/* -> fixed response 410
        HTTPS:443 default -> forward blue (weight 90), green (weight 10) (arn:listener)
        ");
    }
}
