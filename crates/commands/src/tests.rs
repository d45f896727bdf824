#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use crate::{CommandFault, check};

fn faults(command: &str) -> Vec<String> {
    check(command).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn fault(command: &str) -> String {
    let faults = faults(command);
    assert_eq!(faults.len(), 1, "{command}: {faults:?}");
    faults[0].clone()
}

#[test]
fn commands_of_everyday_plans_have_no_fault() {
    for command in [
        "aws lambda update-function-configuration --function-name orders --memory-size 512 --region eu-west-1",
        "aws lambda update-function-configuration --function-name orders --environment 'Variables={DB_HOST=db.internal,DEBUG=1}'",
        "aws lambda update-alias --function-name orders --name live --function-version 7",
        "aws lambda put-function-concurrency --function-name orders --reserved-concurrent-executions 10",
        "aws lambda invoke --function-name orders --payload '{\"a\": 1}' --cli-binary-format raw-in-base64-out out.json",
        "aws --region us-east-1 ecs update-service --cluster prod --service api --task-definition api:41 --force-new-deployment",
        "aws ecs update-service --cluster prod --service api --network-configuration 'awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}'",
        "aws ecs wait services-stable --cluster prod --services api worker",
        "aws ecs describe-services --cluster prod --services api --query 'services[0].deployments' --output table",
        "aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --dimensions Name=FunctionName,Value=orders --start-time 2025-12-16T05:00:00Z --end-time 2025-12-16T06:00:00Z --period 60 --statistics Sum Maximum",
        "aws logs tail /aws/lambda/orders --since 1h --follow",
        "aws logs filter-log-events --log-group-name /aws/lambda/orders --start-time 1765863937000 --filter-pattern '\"Task timed out\"'",
        "aws elbv2 modify-target-group --target-group-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/api/1 --health-check-path /health --health-check-timeout-seconds=5",
        "aws ec2 describe-security-groups --filters Name=group-id,Values=sg-1,sg-2 Name=vpc-id,Values=vpc-1",
        "aws cloudformation describe-stack-events --stack-name orders --max-items 20",
        "aws s3 ls s3://bucket/prefix/",
        "aws ecs run-task --cluster prod --task-definition api:4 --overrides '{\"containerOverrides\": [{\"name\": \"api\", \"memory\": 512}]}'",
        "aws rds modify-db-instance --db-instance-identifier orders --max-allocated-storage 200 --no-apply-immediately",
        "aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/prod/api --min-capacity 2 --max-capacity 8",
        "aws chime list-accounts",
    ] {
        assert_eq!(faults(command), Vec::<String>::new(), "{command}");
    }
}

#[test]
fn what_is_wrong_is_said_with_what_would_be_right() {
    let said: Vec<String> = [
        "aws lamda list-functions",
        "aws lambda update-function --function-name orders",
        "aws lambda update-function-configuration --function-name orders --memory 512",
        "aws lambda update-function-configuration --memory-size 512",
        "aws lambda update-function-configuration --function-name orders --memory-size 512MB",
        "aws lambda update-function-configuration --function-name orders --environment 'Vars={A=b}'",
        "aws lambda update-function-configuration --function-name orders --environment '{\"Variables\": {\"A\": 1}}'",
        "aws lambda update-function-configuration --function-name orders --environment '{\"Variables\": '",
        "aws ecs update-service --service api --force-new-deployment yes",
        "aws ecs update-service --service api --desired-count",
        "aws ecs run-task --task-definition api --launch-type FARGATE_SPOT",
        "aws ecs wait services-steady --services api",
        "aws ecs describe-services --services api --output csv",
        "aws ecs put-attributes --attributes name=a,valeu=b",
    ]
    .iter()
    .map(|command| fault(command))
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    the AWS CLI has no service lamda; did you mean lambda?
    aws lambda has no operation update-function; did you mean update-function-code?
    aws lambda update-function-configuration has no option --memory; did you mean --memory-size?
    aws lambda update-function-configuration needs --function-name
    aws lambda update-function-configuration --memory-size: "512MB" is no integer
    aws lambda update-function-configuration --environment: Vars: there is no such member; there are Variables
    aws lambda update-function-configuration --environment: Variables.A: 1 is no string
    aws lambda update-function-configuration --environment: it begins like JSON and is none: EOF while parsing a value at line 1 column 14
    aws ecs update-service: "yes" belongs to no option
    aws ecs update-service --desired-count: its value is missing
    aws ecs run-task --launch-type: "FARGATE_SPOT" is none of EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES
    aws ecs has no operation wait services-steady; did you mean wait services-stable?
    aws ecs describe-services --output: "csv" is none of json, text, table, yaml, yaml-stream
    aws ecs put-attributes --attributes: valeu: there is no such member; there are name, value, targetType, targetId
    "#);
    assert_eq!(faults("aws cloudformation describe-stacks"), Vec::<String>::new());
}

#[test]
fn destroying_and_revealing_commands_are_unsafe_whatever_their_options() {
    for command in [
        "aws lambda delete-function --function-name orders",
        "aws lambda delete-functions",
        "aws s3 rm s3://bucket --recursive",
        "aws ecr batch-delete-image --repository-name api --image-ids imageTag=v1",
        "aws ecs deregister-task-definition --task-definition api:3",
        "aws kms schedule-key-deletion --key-id 1",
        "aws secretsmanager get-secret-value --secret-id db",
        "aws ssm get-parameters --names /db/password --with-decryption",
        "aws sts assume-role --role-arn arn:aws:iam::111122223333:role/a --role-session-name x",
        "aws --profile p --region us-east-1 ssm get-parameter --name x",
    ] {
        assert!(check(command).unwrap_err().iter().any(CommandFault::is_unsafe), "{command}");
    }
}

#[test]
fn a_line_that_a_shell_would_do_more_with_is_no_command() {
    for command in [
        "kubectl get pods",
        "aws",
        "aws lambda",
        "aws lambda list-functions | jq .",
        "aws lambda list-functions; rm -rf /",
        "aws lambda list-functions && true",
        "aws lambda list-functions > out",
        "aws lambda list-functions --query \"$(id)\"",
        "aws lambda get-function --function-name $NAME",
        "aws lambda get-function --function-name \"${NAME}\"",
        "aws lambda get-function --function-name `id`",
        "aws lambda get-function --function-name <name>",
        "aws lambda get-function --function-name 'a",
        "aws lambda get-function --function-name a # first",
        "aws lambda get-function --function-name a\nid",
    ] {
        let found = check(command).unwrap_err();
        assert!(matches!(found.as_slice(), [CommandFault::NotAws { .. }]), "{command}: {found:?}");
    }
    assert_eq!(
        faults("aws logs filter-log-events --log-group-name a --filter-pattern '{ $.level = \"error\" }'"),
        Vec::<String>::new()
    );
}

#[test]
fn names_are_those_of_things_that_have_to_exist() {
    let names = |command: &str| -> Vec<String> {
        check(command).unwrap().names().map(|(option, name)| format!("{option}={name}")).collect()
    };
    assert_eq!(
        names("aws lambda create-alias --function-name f --name live --function-version 2"),
        ["function-name=f"]
    );
    assert_eq!(
        names("aws lambda put-function-concurrency --function-name f --reserved-concurrent-executions 2"),
        ["function-name=f"]
    );
    assert_eq!(names("aws cloudwatch describe-alarms --alarm-names a b"), ["alarm-names=a", "alarm-names=b"]);
    assert_eq!(
        names("aws iam put-role-policy --role-name r --policy-name p --policy-document file://p.json"),
        ["role-name=r"]
    );
    assert_eq!(
        names("aws ecs update-service --cluster c --service s --task-definition t:4"),
        ["cluster=c", "service=s", "task-definition=t:4"]
    );
}

#[test]
fn only_reading_operations_count_as_reading() {
    let reads = |command: &str| check(command).unwrap().is_read_only();
    assert!(reads("aws lambda get-function --function-name f"));
    assert!(reads("aws ecs wait services-stable --services a"));
    assert!(reads("aws logs start-query --query-string x --start-time 1 --end-time 2 --log-group-name g"));
    assert!(!reads("aws lambda update-alias --function-name f --name live"));
    assert!(!reads("aws lambda invoke --function-name f out.json"));
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(line in "(aws )?(lambda|ecs|ec2|s3) [a-z-]{0,20}( --[a-z-]{1,12}| [ -~]{0,12}|[\\[{,=}\\]'\"]{0,4}){0,6}") {
        let _ = check(&line);
    }

    #[test]
    fn no_value_makes_it_panic(value in any::<String>()) {
        let _ = check(&format!("aws ecs update-service --service s --network-configuration {}", shlex::try_quote(&value).unwrap_or_default()));
    }
}
