#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

const YAML: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
# Resources: not these
Parameters:
  Stage: { Type: String }
Resources:

  # polls
  Poller:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          DB_PASSWORD: hunter2-hunter2
          DB_HOST: db.internal
      Code: |
        def handler(event):

          Resources: 1
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - Environment:
            - Name: API_TOKEN
              Value: hunter3-hunter3
            - Name: STAGE
              Value: !Ref Stage
            - { Name: LEVEL, Value: info }
            - { Name: API_TOKEN, Value: hunter3-hunter3 }
            - Name: DB_PASSWORD
              Value: !Ref DatabasePassword

  # the exchange
  # is closed at night
  "PollSchedule":
    Type: AWS::Events::Rule
    Properties:
# a comment may stand anywhere
      # 06:00 to 20:00 KST only
      ScheduleExpression: cron(0/10 21-23,0-10 * * ? *)
      Targets:
        - { Id: poller, Arn: !GetAtt Poller.Arn }
Outputs:
  Url: { Value: x }
"#;

fn hider() -> Hider {
    Hider::new([1; 32])
}

fn section(template: &str, id: &str) -> String {
    Template::read(template).unwrap().section(id, &hider()).unwrap()
}

#[test]
fn a_yaml_template_is_cut_by_its_indentation_and_its_comments_are_kept() {
    insta::assert_snapshot!(section(YAML, "PollSchedule"), @r#"
      # the exchange
      # is closed at night
      "PollSchedule":
        Type: AWS::Events::Rule
        Properties:
    # a comment may stand anywhere
          # 06:00 to 20:00 KST only
          ScheduleExpression: cron(0/10 21-23,0-10 * * ? *)
          Targets:
            - { Id: poller, Arn: !GetAtt Poller.Arn }
    "#);
    insta::assert_snapshot!(section(YAML, "Poller"), @r"
      # polls
      Poller:
        Type: AWS::Lambda::Function
        Properties:
          Environment:
            Variables:
              DB_PASSWORD: <hidden:credential:8e479cfc>
              DB_HOST: db.internal
          Code: |
            def handler(event):
              Resources: 1
    ");
    assert_eq!(Template::read(YAML).unwrap().section("Url", &hider()), None);
}

#[test]
fn what_is_named_like_a_credential_is_hidden_also_in_pairs_of_lines() {
    insta::assert_snapshot!(section(YAML, "Task"), @r"
    Task:
      Type: AWS::ECS::TaskDefinition
      Properties:
        ContainerDefinitions:
          - Environment:
              - Name: API_TOKEN
                Value: <hidden:credential:da51e130>
              - Name: STAGE
                Value: !Ref Stage
              - { Name: LEVEL, Value: info }
              - { Name: API_TOKEN, Value: <hidden:credential:da51e130> }
              - Name: DB_PASSWORD
                Value: !Ref DatabasePassword
    ");
}

#[test]
fn a_json_template_is_written_in_lines() {
    let json = serde_json::json!({"Resources": {
        "Jobs": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 30,
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["JobsDeadLetters7F0A2B1D", "Arn"]}, "maxReceiveCount": 3},
                "Tags": [{"Key": "team", "Value": "orders"}, {"Key": "description", "Value": "what has to be done before noon, and who asked for it"}],
            },
            "Metadata": {"aws:cdk:path": "Shop/Jobs/Resource"},
        },
        "Database": {"Type": "AWS::RDS::DBInstance", "Properties": {"MasterUserPassword": "hunter2-hunter2"}},
    }});
    let text = json.to_string();
    insta::assert_snapshot!(section(&text, "Jobs"), @r#"
    Jobs:
      Type: AWS::SQS::Queue
      Properties:
        VisibilityTimeout: 30
        RedrivePolicy: {"deadLetterTargetArn":{"Fn::GetAtt":["JobsDeadLetters7F0A2B1D","Arn"]},"maxReceiveCount":3}
        Tags:
          - {"Key":"team","Value":"orders"}
          - {"Key":"description","Value":"what has to be done before noon, and who asked for it"}
    "#);
    assert!(!section(&text, "Database").contains("hunter2"));
}

#[test]
fn what_a_transform_made_is_found_under_what_it_was_made_of() {
    let template = Template::read("Resources:\n  Fx:\n    Type: A\n  FxRates:\n    Type: B\n").unwrap();
    let place = |id| template.place_of(id);
    assert_eq!((place("FxRatesNightly"), place("Fx"), place("Other")), (Some("FxRates"), Some("Fx"), None));
    assert!(Template::read("Description: nothing").is_none() && Template::read("{").is_none());
}

/// Every `template.*` of the scenarios.
fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            templates(&path, found);
        } else if path.file_stem().is_some_and(|stem| stem == "template") {
            found.push(path);
        }
    }
}

#[test]
fn templates_of_the_scenarios_are_cut_into_what_their_stacks_hold_and_hardly_a_line_is_hidden() {
    let mut files = Vec::new();
    templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios"), &mut files);
    assert!(files.len() > 20, "{files:?}");
    let (mut hidden, mut cut, mut unnamed): (Vec<String>, u32, u32) = (Vec::new(), 0, 0);
    for file in files {
        let template = Template::read(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let resources = std::fs::read_to_string(file.with_file_name("resources.json")).unwrap();
        let resources: Value = serde_json::from_str(&resources).unwrap();
        for resource in resources["StackResourceSummaries"].as_array().unwrap() {
            let id = resource["LogicalResourceId"].as_str().unwrap();
            let section = template.place_of(id).and_then(|place| template.section(place, &hider()));
            let Some(section) = section else {
                unnamed += 1;
                continue;
            };
            cut += 1;
            assert!(section.contains("Type"), "{}: {section}", file.display());
            hidden.extend(section.lines().filter(|line| line.contains("<hidden")).map(str::to_owned));
        }
    }
    // Names of secrets, and the word `password`, under names that tell of credentials.
    assert!(hidden.len() < 10, "{hidden:?}");
    assert!(unnamed * 20 < cut, "{unnamed} resources are not in their templates, {cut} are");
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(lines in prop::collection::vec("( {0,4}(Resources:|[AB]:|- x|#|é: [|]|\t)?)", 0..12)) {
        let text = format!("Resources:\n{}", lines.join("\n"));
        if let Some(template) = Template::read(&text) {
            let id = template.place_of("A").map(str::to_owned);
            prop_assert!(id.is_none_or(|id| template.section(&id, &hider()).is_some()));
        }
    }
}
