//! A policy of the role that was replaced before the first refusal, and the deployment before it.

use marple_case::{ActionKind, Category, ResourceKind, ResourceRef};

use super::world::{World, at, exception, template};

/// A function that is refused since 10:32, with a deployment at 10:20 and a call of IAM at 10:30 that names a policy of `role`.
fn refused(action: &str, role: &str) -> World {
    let message = "User: arn:aws:sts::111122223333:assumed-role/intake-role/intake is not authorized to perform: s3:PutObject on resource: \\\"arn:aws:s3:::photos/incoming/7.jpg\\\" because no identity-based policy allows the s3:PutObject action";
    let mut world = World::new("intake", "provided.al2023", "bootstrap")
        .change("2026-03-05T10:20:00Z", "UpdateFunctionCode20150331v2", "intake")
        .change("2026-03-05T10:30:00Z", action, role);
    let change = world.changes.last_mut().unwrap();
    change.resource = Some(ResourceRef::new(ResourceKind::IamRole, role));
    change.detail = format!("roleName={role}, policyName=photos-write");
    world.summary.exceptions = vec![exception("deno", "AccessDenied", message, None)];
    let mut stored = template("stored <*>", 40, 50, "2026-03-05T10:00:01Z");
    stored.last = Some(at("2026-03-05T10:29:10Z"));
    world.summary.templates = vec![stored];
    world
}

#[test]
fn a_replaced_policy_of_the_role_is_put_back_and_the_deployment_before_it_is_ruled_out() {
    let (cause, plan) = refused("PutRolePolicy", "intake-role").investigate();
    assert_eq!(cause.category, Category::PermissionDenied);
    assert!(cause.chain[0].statement.contains("PutRolePolicy"), "{}", cause.chain[0].statement);
    let back = &plan.immediate[0];
    assert_eq!(back.kind, ActionKind::Configuration);
    assert!(back.unverified.is_some(), "the earlier text is not in evidence");
    let command = back.phases.apply[0].command.as_deref().unwrap();
    assert!(command.contains("put-role-policy --role-name intake-role --policy-name photos-write"), "{command}");
    let rival = cause.ruled_out.iter().find(|rival| rival.hypothesis.contains("deployment")).unwrap();
    assert!(rival.reason.contains("UpdateFunctionCode") && rival.reason.contains("10:29:10"), "{}", rival.reason);
}

#[test]
fn a_policy_of_another_role_is_not_put_back_and_the_refused_object_is_named_without_its_quotes() {
    let (cause, plan) = refused("PutRolePolicy", "thumbs-role").investigate();
    assert!(!cause.chain.iter().any(|link| link.statement.contains("PutRolePolicy")));
    assert!(cause.ruled_out.iter().all(|rival| rival.hypothesis != "The deployment before"));
    let command = plan.immediate[0].phases.apply[0].command.as_deref().unwrap();
    assert!(
        command.contains("\"arn:aws:s3:::photos/incoming/7.jpg\"") && command.contains("allow-s3-PutObject"),
        "{command}"
    );
}

#[test]
fn a_deployment_after_which_no_call_went_well_is_not_ruled_out() {
    let mut world = refused("DeleteRolePolicy", "intake-role");
    world.summary.templates[0].last = Some(at("2026-03-05T10:12:00Z"));
    let (cause, plan) = world.investigate();
    assert!(cause.ruled_out.iter().all(|rival| rival.hypothesis != "The deployment before"));
    assert!(plan.immediate[0].title.contains("photos-write"), "{}", plan.immediate[0].title);
}
