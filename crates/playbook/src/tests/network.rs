//! Ways through the network that a change closed.

use marple_case::{
    ActionKind, Category, ResourceKind, ResourceRef, Verdict, facts::Change, facts::ChangeSource, facts::Point,
    facts::Shape,
};

use super::{
    fleet::Fleet,
    world::{World, at, metric, series, series_text, taken},
};
use crate::reading::network::rule::{Rule, holds};

const GROUP: &str = "sg-0aa11bb22cc33dd44";
const ALL: &str = r#"[{"ipProtocol":"-1","ipRanges":[{"cidrIp":"0.0.0.0/0"}]}]"#;

fn request(time: &str, action: &str, resource: &str, detail: &str) -> Change {
    Change {
        at: at(time),
        source: ChangeSource::CloudTrail,
        actor: Some("deployer".into()),
        action: action.into(),
        resource: Some(ResourceRef::new(ResourceKind::SecurityGroup, resource)),
        detail: detail.into(),
        touches_subject: false,
    }
}

fn of_group(time: &str, action: &str, group: &str, rules: &str) -> Change {
    request(time, action, group, &format!("groupId={group}, ipPermissions={rules}"))
}

/// A function in a VPC whose connections to a host outside time out from 10:32:07 on.
fn cut_off(changes: Vec<Change>) -> World {
    let mut world = World::new("charges", "java21", "h").variable("PSP_URL", "https://api.psp.example").exception(
        "java",
        "java.net.http.HttpConnectTimeoutException",
        "HTTP connect timed out",
        Some(("PspClient.java", 84, None)),
    );
    world.function.vpc_id = Some("vpc-0123".into());
    world.function.subnet_ids = vec!["subnet-0123".into()];
    world.function.security_group_ids = vec![GROUP.into()];
    world.changes = changes;
    world
}

#[test]
fn the_outbound_rule_that_was_revoked_is_the_cause_and_is_put_back_as_it_was() {
    let narrow = r#"[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"prefixListIds":[{"prefixListId":"pl-0123"}]}]"#;
    let (cause, plan) = cut_off(vec![
        of_group("2026-03-05T10:28:00Z", "AuthorizeSecurityGroupEgress", GROUP, narrow),
        of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", GROUP, ALL),
    ])
    .investigate();
    assert_eq!(cause.category, Category::Network);
    assert_eq!(cause.components.len(), 1);
    assert!(cause.title.contains("took the outbound rule (all traffic to 0.0.0.0/0)"), "{}", cause.title);
    assert!(cause.chain.iter().any(|link| link.statement.contains("tcp 443 to pl-0123")));
    assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("api.psp.example, the provider")));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    let command = plan.immediate[0].phases.apply[0].command.as_deref().unwrap();
    assert_eq!(
        command,
        r#"aws ec2 authorize-security-group-egress --group-id sg-0aa11bb22cc33dd44 --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]' --region eu-central-1"#
    );
}

#[test]
fn a_change_that_did_not_close_this_way_is_not_blamed() {
    let https = r#"[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":[{"cidrIp":"0.0.0.0/0"}]}]"#;
    let mail = r#"[{"ipProtocol":"tcp","fromPort":587,"toPort":587,"ipRanges":[{"cidrIp":"0.0.0.0/0"}]}]"#;
    let inside = r#"[{"ipProtocol":"-1","ipRanges":[{"cidrIp":"10.0.0.0/8"}]}]"#;
    let revoked = |rules: &str| of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", GROUP, rules);
    let added = |time: &str, rules: &str| of_group(time, "AuthorizeSecurityGroupEgress", GROUP, rules);
    let cases = [
        ("another group", vec![of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", "sg-0ff", ALL)]),
        ("another port", vec![revoked(mail)]),
        ("another range", vec![revoked(inside)]),
        ("a rule that still leads there", vec![added("2026-03-05T10:20:00Z", https), revoked(ALL)]),
        ("put back before the first failure", vec![revoked(ALL), added("2026-03-05T10:31:00Z", ALL)]),
        ("after the first failure", vec![of_group("2026-03-05T10:33:00Z", "RevokeSecurityGroupEgress", GROUP, ALL)]),
        (
            "refused",
            vec![request(
                "2026-03-05T10:30:00Z",
                "RevokeSecurityGroupEgress",
                GROUP,
                &format!("refused with UnauthorizedOperation: no; groupId={GROUP}, ipPermissions={ALL}"),
            )],
        ),
        ("long before", vec![of_group("2026-03-04T21:30:00Z", "RevokeSecurityGroupEgress", GROUP, ALL)]),
        ("rules were added only", vec![added("2026-03-05T10:30:00Z", inside)]),
    ];
    for (what, changes) in cases {
        let (cause, _) = cut_off(changes).investigate();
        let of_network = cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("of sg-0ff"));
        assert_eq!(of_network, what == "another group");
        assert_eq!(cause.category, Category::DependencyUnreachable, "{what}");
    }
    let mut known = cut_off(vec![revoked(ALL)]);
    known.summary.baseline_exceptions = known.summary.exceptions.clone();
    assert_ne!(known.investigate().0.category, Category::Network, "the baseline holds the failure, too");
    let mut refused = cut_off(vec![revoked(ALL)]);
    refused.summary.exceptions[0].class = "java.net.ConnectException".into();
    refused.summary.exceptions[0].message = "Connection refused".into();
    assert_ne!(refused.investigate().0.category, Category::Network, "no rule refuses: it drops");
}

#[test]
fn a_rule_that_was_put_back_since_needs_no_action() {
    let (cause, plan) = cut_off(vec![
        of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", GROUP, ALL),
        of_group("2026-03-05T10:50:00Z", "AuthorizeSecurityGroupEgress", GROUP, ALL),
    ])
    .investigate();
    assert_eq!(cause.category, Category::Network);
    assert!(plan.no_immediate_action.unwrap().contains("put back"));
}

#[test]
fn a_database_lets_nobody_in_whose_rule_was_revoked() {
    const HOST: &str = "ledger.cluster-abc.eu-central-1.rds.amazonaws.com";
    let own = "sg-0bb";
    let rule = |peer: &str| {
        format!(
            r#"[{{"ipProtocol":"tcp","fromPort":5432,"toPort":5432,"groups":[{{"groupId":"{peer}","userId":"111122223333"}}]}}]"#
        )
    };
    let world = |peer: &str| {
        let mut world = World::new("transfers", "python3.13", "app.h").variable("DB_HOST", HOST).exception(
            "python",
            "psycopg.OperationalError",
            "connection timeout expired",
            None,
        );
        world.function.vpc_id = Some("vpc-0123".into());
        world.function.subnet_ids = vec!["subnet-0123".into()];
        world.function.security_group_ids = vec![own.into()];
        world.changes = vec![of_group("2026-03-05T10:31:00Z", "RevokeSecurityGroupIngress", GROUP, &rule(peer))];
        world.database("ledger", HOST, "available", 3.0)
    };
    let (cause, plan) = world(own).investigate();
    assert_eq!(cause.category, Category::Network);
    assert!(cause.components.iter().all(|component| component.name == "transfers"));
    let command = plan.immediate[0].phases.apply[0].command.as_deref().unwrap();
    assert!(command.contains("authorize-security-group-ingress --group-id sg-0aa11bb22cc33dd44"), "{command}");
    assert!(command.contains(r#""UserIdGroupPairs":[{"GroupId":"sg-0bb"}]"#), "{command}");
    assert_ne!(world("sg-0cc").investigate().0.category, Category::Network, "the rule was of another client");
}

/// A function in the same subnets with other rules, which calls a host outside and has so many errors.
fn with_neighbour(mut world: World, errors: f64) -> World {
    let mut other = world.function.clone();
    other.name = "texts".into();
    other.security_group_ids = vec!["sg-0ee".into()];
    other.environment[0].value = marple_case::facts::ShownValue::Plain("https://sms.example/2".into());
    let text = "function: texts\nsecurity groups: sg-0ee\nenvironment:\n  PSP_URL=https://sms.example/2\n";
    let evidence = taken(
        "get_function",
        serde_json::json!({"function": "texts"}),
        text.into(),
        marple_case::Facts::Functions(vec![other]),
    );
    let of = |name: &str, statistic: &str, value: f64| {
        let mut one = series(metric("AWS/Lambda", name, "FunctionName", "texts"), statistic, (value, Some(value)));
        one.points = vec![Point { at: at("2026-03-05T10:45:00Z"), value }];
        one
    };
    let all = vec![of("Invocations", "Sum", 30.0), of("Errors", "Sum", errors), of("Duration", "Maximum", 200.0)];
    let text: String = all.iter().map(series_text).collect();
    let metrics = marple_case::facts::Metrics {
        correlations: Vec::new(),
        window: world.scope.window,
        baseline: Some(world.scope.baseline),
        series: all,
    };
    world.extra = vec![
        evidence,
        taken("get_metrics", serde_json::json!({"of": "texts"}), text, marple_case::Facts::Metrics(metrics)),
    ];
    world
}

#[test]
fn a_gateway_that_is_gone_counts_unless_a_neighbour_still_gets_out() {
    let gone = || vec![request("2026-03-05T10:31:00Z", "DeleteNatGateway", "nat-0123", "NatGatewayId=nat-0123")];
    let (cause, plan) = cut_off(gone()).investigate();
    assert_eq!((cause.category, cause.verdict), (Category::Network, Verdict::Fault));
    assert!(cause.title.contains("nat-0123"));
    assert!(plan.immediate[0].phases.apply[0].command.is_none(), "nothing is deleted or made blindly");
    assert_eq!(with_neighbour(cut_off(gone()), 0.0).investigate().0.category, Category::DependencyUnreachable);
    assert_eq!(with_neighbour(cut_off(gone()), 9.0).investigate().0.category, Category::Network);
    let (cause, _) =
        with_neighbour(cut_off(vec![of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", GROUP, ALL)]), 0.0)
            .investigate();
    assert!(
        cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("NAT gateway") && rival.reason.contains("texts"))
    );
    let mut outside = cut_off(gone());
    outside.function.vpc_id = None;
    outside.function.subnet_ids.clear();
    assert_eq!(outside.investigate().0.category, Category::DependencyUnreachable, "it uses no gateway of the account");
}

#[test]
fn routes_and_entries_count_where_they_concern_the_destination() {
    let outcome = |action: &str, detail: &str| {
        let (cause, _) = cut_off(vec![request("2026-03-05T10:31:00Z", action, "x-0123", detail)]).investigate();
        cause.category == Category::Network
    };
    assert!(outcome("DeleteRoute", "routeTableId=rtb-0123, destinationCidrBlock=0.0.0.0/0"));
    assert!(!outcome("DeleteRoute", "routeTableId=rtb-0123, destinationCidrBlock=10.9.0.0/16"));
    let entry = |rest: &str| {
        format!("networkAclId=acl-0123, ruleNumber=90, egress=true, aclProtocol=6, cidrBlock=0.0.0.0/0, {rest}")
    };
    assert!(outcome("CreateNetworkAclEntry", &entry(r#"ruleAction=deny, portRange={"from":443,"to":443}"#)));
    assert!(!outcome("CreateNetworkAclEntry", &entry(r#"ruleAction=deny, portRange={"from":25,"to":25}"#)));
    assert!(!outcome("CreateNetworkAclEntry", &entry(r#"ruleAction=allow, portRange={"from":443,"to":443}"#)));
    assert!(
        !outcome("DeleteVpcEndpoints", r#"VpcEndpointId={"tag":1,"content":"vpce-0123"}"#),
        "an endpoint leads to AWS alone"
    );
    assert!(!outcome("DeleteSecurityGroup", "groupId=sg-0dd"));
}

#[test]
fn invocations_that_wait_until_their_timeout_may_be_cut_off_too() {
    let world = |changes: Vec<Change>| {
        let mut world = World::new("charges", "nodejs22.x", "index.h").variable("PSP_URL", "https://api.psp.example");
        world = world.exception("lambda", "Sandbox.Timedout", "Task timed out after 10.00 seconds", None);
        world.function.vpc_id = Some("vpc-0123".into());
        world.function.subnet_ids = vec!["subnet-0123".into()];
        world.function.security_group_ids = vec![GROUP.into()];
        world.changes = changes;
        world
    };
    let revoked = || of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupEgress", GROUP, ALL);
    assert_eq!(world(vec![revoked()]).investigate().0.category, Category::Network);
    let mut vague =
        world(vec![request("2026-03-05T10:31:00Z", "DeleteNatGateway", "nat-0123", "NatGatewayId=nat-0123")]);
    vague.function.environment.clear();
    assert_ne!(vague.investigate().0.category, Category::Network, "nothing tells what it waits for");
    let deployed = world(vec![revoked()]).change("2026-03-05T10:29:00Z", "UpdateFunctionCode20150331v2", "charges");
    assert_ne!(deployed.investigate().0.category, Category::Network, "new code may wait by itself");
}

#[test]
fn rules_are_read_in_each_form_that_the_trail_has() {
    let words = |detail: &str| Rule::of(detail).iter().map(|rule| rule.words(true)).collect::<Vec<_>>();
    let wrapped = r#"groupId=sg-0a, ipPermissions={"items":[{"ipProtocol":"tcp","fromPort":80,"toPort":90,"groups":{},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}"#;
    assert_eq!(words(wrapped), ["tcp 80-90 to 10.0.0.0/8", "tcp 80-90 to ::/0"]);
    let by_id = r#"groupId=sg-0a, revokedSecurityGroupRuleSet=[{"securityGroupRuleId":"sgr-0b","ipProtocol":"-1","fromPort":-1,"toPort":-1,"cidrIpv4":"0.0.0.0/0"}]"#;
    assert_eq!(words(by_id), ["all traffic to 0.0.0.0/0"]);
    let modified = r#"GroupId=sg-0a, SecurityGroupRule={"SecurityGroupRuleId":"sgr-0b","SecurityGroupRule":{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"ReferencedGroupId":"sg-0c"}}"#;
    assert_eq!(words(modified), ["tcp 443 to sg-0c"]);
    assert!(
        words(r#"groupId=sg-0a, ipPermissions=[{"ipProtocol":"tcp","fromPo…"#).is_empty(),
        "what was cut tells nothing"
    );
    let address = |text: &str| text.parse().unwrap();
    assert_eq!(holds("10.1.0.0/16", address("10.1.200.3")), Some(true));
    assert_eq!(holds("10.1.0.0/16", address("10.2.0.3")), Some(false));
    assert_eq!(holds("0.0.0.0/0", address("198.51.100.7")), Some(true));
    assert_eq!(holds("fd00::/8", address("10.1.0.1")), Some(false));
    assert_eq!(holds("nonsense", address("10.1.0.1")), None);
}

#[test]
fn where_the_trail_does_not_tell_the_rule_the_one_that_is_needed_is_added() {
    let rule = |range: &str| {
        format!(
            r#"GroupId={GROUP}, SecurityGroupRule={{"SecurityGroupRuleId":"sgr-0b","SecurityGroupRule":{{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv4":"{range}"}}}}"#
        )
    };
    let modified = |range: &str| request("2026-03-05T10:30:00Z", "ModifySecurityGroupRules", GROUP, &rule(range));
    let (cause, plan) = cut_off(vec![modified("10.0.0.0/8")]).investigate();
    assert_eq!(cause.category, Category::Network);
    let command = plan.immediate[0].phases.apply[0].command.as_deref().unwrap();
    assert!(command.contains(r#""FromPort":443"#) && command.contains("authorize-security-group-egress"), "{command}");
    let (cause, _) = cut_off(vec![modified("0.0.0.0/0")]).investigate();
    assert_eq!(cause.category, Category::DependencyUnreachable, "it still leads there");
}

/// A service in a VPC.
fn service(changes: Vec<Change>) -> Fleet {
    let mut fleet = Fleet::new("quotes").variable("RATES_URL", "https://rates.example/v2");
    fleet = fleet.minutes("RequestCount", "Sum", Shape::Varying, &[40.0; 60], (40.0, 40.0));
    fleet.service.subnet_ids = vec!["subnet-0123".into()];
    fleet.service.security_group_ids = vec![GROUP.into()];
    fleet.world.changes = changes;
    fleet
}

#[test]
fn a_service_and_tasks_that_do_not_start_are_cut_off_in_the_same_way() {
    let revoked = || vec![of_group("2026-03-05T10:20:00Z", "RevokeSecurityGroupEgress", GROUP, ALL)];
    let logged = |changes: Vec<Change>| {
        let mut fleet = service(changes);
        fleet.world = fleet.world.exception("go", "", "dial tcp 203.0.113.9:443: i/o timeout", None);
        fleet.investigate().0
    };
    let cause = logged(revoked());
    assert_eq!((cause.category, cause.components[0].name.as_str()), (Category::Network, "quotes"));
    assert_ne!(logged(Vec::new()).category, Category::Network);
    let reason = "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration.";
    let unstarted = |changes: Vec<Change>| {
        service(changes).stopped("2026-03-05T10:31:00Z", "2026-03-05T10:33:00Z", None, None, reason).investigate()
    };
    let (cause, plan) = unstarted(revoked());
    assert!(cause.title.contains("took the outbound rule (all traffic to 0.0.0.0/0)"), "{}", cause.title);
    assert!(plan.immediate[0].title.contains(GROUP));
    assert!(!unstarted(Vec::new()).0.title.contains("rule"));
}

#[test]
fn targets_that_their_load_balancer_reaches_no_more_were_shut_off_by_an_inbound_rule() {
    let rule = |port: u16| {
        format!(r#"[{{"ipProtocol":"tcp","fromPort":{port},"toPort":{port},"groups":[{{"groupId":"sg-0aa"}}]}}]"#)
    };
    let silent = |changes: Vec<Change>| {
        let mut fleet = service(changes);
        let target = &mut fleet.balancer.target_groups[0].targets[0];
        target.state = "unhealthy".into();
        target.port = Some(8080);
        target.reason = Some("Target.Timeout".into());
        target.description = Some("Request timed out".into());
        fleet.investigate()
    };
    let revoked = |port: u16| vec![of_group("2026-03-05T10:30:00Z", "RevokeSecurityGroupIngress", GROUP, &rule(port))];
    let (cause, plan) = silent(revoked(8080));
    assert_eq!(cause.category, Category::Network);
    assert!(
        cause.title.starts_with("the load balancer of quotes no longer reaches its tasks (port 8080)"),
        "{}",
        cause.title
    );
    let command = plan.immediate[0].phases.apply[0].command.as_deref().unwrap();
    assert!(command.contains("authorize-security-group-ingress") && command.contains("sg-0aa"), "{command}");
    assert!(!silent(revoked(9090)).0.title.contains("inbound rule"), "another port");
    let restored = of_group("2026-03-05T10:31:00Z", "AuthorizeSecurityGroupIngress", GROUP, &rule(8080));
    assert!(!silent(revoked(8080).into_iter().chain([restored]).collect()).0.title.contains("inbound rule"));
}
