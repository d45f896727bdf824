#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Write;

use aws_smithy_cbor::Encoder;
use aws_smithy_types::DateTime;
use bytes::Bytes;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::services::ApiError;

fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251216/us-east-1/rds/aws4_request, SignedHeaders=host";

fn recognised(request: &Request) -> Call {
    recognise(request).unwrap_or_else(|unrecognised| panic!("{unrecognised:?}"))
}

fn body(response: &Response) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

#[test]
fn json_is_recognised_by_the_end_of_its_target_and_times_become_text() {
    let target = ("x-amz-target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents");
    let call = recognised(&request("POST", "/", &[target], r#"{"StartTime": 1765863937.102, "MaxResults": 5}"#));
    assert_eq!(
        (call.service.name, call.operation.as_str(), call.protocol),
        ("cloudtrail", "LookupEvents", Protocol::Json("1.1"))
    );
    assert_eq!(call.input, json!({"StartTime": "2025-12-16T05:45:37.102Z", "MaxResults": 5}));
}

#[test]
fn a_query_is_for_the_service_that_it_is_signed_for_and_its_lists_and_numbers_are_typed() {
    let form = "Action=DescribeEvents&Version=2014-10-31&MaxRecords=20&StartTime=2025-12-16T05%3A45%3A37Z\
                &Filters.Filter.1.Name=a&Filters.Filter.1.Values.Value.1=x+y&Filters.Filter.1.Values.Value.2=z\
                &EventCategories.EventCategory.2=second&EventCategories.EventCategory.1=first";
    let call = recognised(&request("POST", "/", &[FORM, ("authorization", SIGNED)], form));
    assert_eq!((call.service.name, call.operation.as_str()), ("rds", "DescribeEvents"));
    let expected = json!({
        "EventCategories": ["first", "second"],
        "Filters": [{"Name": "a", "Values": ["x y", "z"]}],
        "MaxRecords": 20,
        "StartTime": "2025-12-16T05:45:37Z",
    });
    assert_eq!(call.input, expected);
}

#[test]
fn an_unsigned_query_is_recognised_by_host_or_version() {
    let by_host =
        request("POST", "/", &[FORM, ("host", "cloudformation.us-east-1.amazonaws.com")], "Action=ListStacks");
    assert_eq!(recognised(&by_host).service.name, "cloudformation");
    let by_version = request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", &[], "");
    assert_eq!(recognised(&by_version).service.name, "sts");
}

#[test]
fn a_rest_path_gives_operation_labels_and_typed_parameters() {
    let uri = "/2015-03-31/functions/a%3Ab/versions/?MaxItems=7&Marker=x%2By";
    let call = recognised(&request("GET", uri, &[], ""));
    assert_eq!(call.operation, "ListVersionsByFunction");
    assert_eq!(call.input, json!({"FunctionName": "a:b", "MaxItems": 7, "Marker": "x+y"}));
    let unknown = recognise(&request("DELETE", "/2015-03-31/functions/a", &[], "")).unwrap_err();
    assert_eq!((unknown.protocol, unknown.error.status), (Protocol::RestJson, 404));
}

#[test]
fn gzipped_cbor_is_decoded_with_its_times() {
    let mut encoder = Encoder::new(Vec::new());
    encoder.begin_map().str("StartTime").timestamp(&DateTime::from_millis(1_765_863_937_102));
    encoder.str("Labels").begin_array().str("a").end().str("Period").integer(60).end();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&encoder.into_writer()).unwrap();
    let headers = [("smithy-protocol", "rpc-v2-cbor"), ("content-encoding", "gzip")];
    let uri = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    let call = recognised(&request("POST", uri, &headers, gzip.finish().unwrap()));
    assert_eq!((call.service.name, call.protocol), ("cloudwatch", Protocol::Cbor));
    assert_eq!(call.input, json!({"StartTime": "2025-12-16T05:45:37.102Z", "Labels": ["a"], "Period": 60}));
}

#[test]
fn a_body_that_is_not_what_it_says_is_the_callers_error() {
    let target = ("x-amz-target", "CloudTrail_20131101.LookupEvents");
    let cbor = ("smithy-protocol", "rpc-v2-cbor");
    let uri = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    for refused in [
        request("POST", "/", &[target], "[1"),
        request("POST", "/", &[target], r#"{"StartTime": "soon"}"#),
        request("POST", "/", &[target, ("content-encoding", "gzip")], "{}"),
        request("POST", uri, &[cbor], vec![0x81; 1000]),
    ] {
        assert_eq!(recognise(&refused).unwrap_err().error.code, "SerializationException");
    }
}

fn call(service: &str, operation: &str, protocol: Protocol) -> Call {
    let service = crate::services::SERVICES.iter().find(|known| known.name == service).unwrap();
    Call { service, operation: operation.to_owned(), protocol, input: json!({}) }
}

#[test]
fn xml_names_list_elements_as_the_service_does_and_escapes_text() {
    let output = json!({"DBClusters": [{
        "AvailabilityZones": ["a", "b"], "Port": 5432, "MultiAZ": false, "Status": "<&>", "Absent": null,
        "EnabledCloudwatchLogsExports": ["x"], "AssociatedRoles": [{"RoleArn": "r"}],
    }]});
    let answer = call("rds", "DescribeDBClusters", Protocol::Query).respond(Ok(output), "id");
    assert_snapshot!(body(&answer), @r#"<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters><DBCluster><AvailabilityZones><AvailabilityZone>a</AvailabilityZone><AvailabilityZone>b</AvailabilityZone></AvailabilityZones><Port>5432</Port><MultiAZ>false</MultiAZ><Status>&lt;&amp;&gt;</Status><EnabledCloudwatchLogsExports><member>x</member></EnabledCloudwatchLogsExports><AssociatedRoles><DBClusterRole><RoleArn>r</RoleArn></DBClusterRole></AssociatedRoles></DBCluster></DBClusters></DescribeDBClustersResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeDBClustersResponse>"#);
}

#[test]
fn json_writes_times_as_epoch_seconds_and_leaves_the_keys_of_maps_alone() {
    let output = json!({"EventSourceMappings": [{"LastModified": "2025-12-16T05:45:37.102Z"}], "LastModified": "2025-12-16T05:45:37Z", "Tags": {"LastModified": "x"}});
    let answer = call("lambda", "ListEventSourceMappings", Protocol::RestJson).respond(Ok(output), "id");
    assert_snapshot!(body(&answer), @r#"{"EventSourceMappings":[{"LastModified":1765863937.102}],"LastModified":"2025-12-16T05:45:37Z","Tags":{"LastModified":"x"}}"#);
}

#[test]
fn whole_doubles_are_doubles_and_times_are_tagged_in_cbor() {
    let output = json!({"Threshold": 1, "Period": 60, "Timestamp": "2025-12-16T05:45:37.102Z"});
    let encoded = cbor::encode(&output, &call("cloudwatch", "", Protocol::Cbor).service.members);
    let mut decoder = aws_smithy_cbor::Decoder::new(&encoded);
    assert_eq!(decoder.map().unwrap(), Some(3));
    decoder.skip().unwrap();
    assert_eq!(decoder.datatype().unwrap(), aws_smithy_cbor::data::Type::F64);
    decoder.skip().unwrap();
    decoder.skip().unwrap();
    assert_eq!(decoder.integer().unwrap(), 60);
    decoder.skip().unwrap();
    assert_eq!(decoder.timestamp().unwrap().to_millis().unwrap(), 1_765_863_937_102);
}

#[test]
fn errors_are_told_in_the_way_of_each_protocol() {
    let error = || {
        Err(ApiError::sender("InvalidParameterValueException", "no & no")
            .with_query_code("InvalidParameterValue")
            .with_status(404))
    };
    let told = |service, protocol| call(service, "Op", protocol).respond(error(), "id");
    assert_eq!(
        body(&told("cloudtrail", Protocol::Json("1.1"))),
        r#"{"__type":"InvalidParameterValueException","message":"no & no","Message":"no & no"}"#
    );
    assert_eq!(told("lambda", Protocol::RestJson).headers()["x-amzn-errortype"], "InvalidParameterValueException");
    assert_eq!(told("cloudwatch", Protocol::Cbor).headers()["x-amzn-query-error"], "InvalidParameterValue;Sender");
    let xml = told("rds", Protocol::Query);
    assert_eq!(xml.status(), 404);
    assert_snapshot!(body(&xml), @r#"<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>no &amp; no</Message></Error><RequestId>id</RequestId></ErrorResponse>"#);
}

proptest! {
    #[test]
    fn a_time_goes_through_cbor_to_the_millisecond(milliseconds in 0_i64..4_000_000_000_000) {
        let time = jiff::Timestamp::from_millisecond(milliseconds).unwrap().to_string();
        let members = Members { timestamps: &["At"], ..Members::NONE };
        let encoded = cbor::encode(&json!({"At": time}), &members);
        prop_assert_eq!(cbor::decode(&encoded).unwrap(), json!({"At": time}));
        let mut decoder = aws_smithy_cbor::Decoder::new(&encoded);
        decoder.map().unwrap();
        decoder.skip().unwrap();
        prop_assert_eq!(decoder.timestamp().unwrap().to_millis().unwrap(), milliseconds, "as the SDK reads it");
    }

    #[test]
    fn no_body_makes_recognition_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        header in prop::sample::select(vec![
            ("smithy-protocol", "rpc-v2-cbor"), ("x-amz-target", "Logs_20140328.X"), FORM, ("content-encoding", "gzip"),
        ]),
    ) {
        let uri = "/service/GraniteServiceVersion20100801/operation/X";
        let _ = recognise(&request("POST", uri, &[header], bytes));
    }
}
