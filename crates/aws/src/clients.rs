//! The SDK's clients, all from one configuration, each made at its first use.
//!
//! Invariants: every call has a time limit, also where the given configuration has none; throttling and transient faults
//! are retried by the SDK's standard retry, nowhere else.

use std::{sync::OnceLock, time::Duration};

use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;

/// The longest that one operation may take, all retries included.
const OPERATION_LIMIT: Duration = Duration::from_secs(30);
/// The longest that one attempt may take.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(12);
/// The longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// Attempts of one call: the SDK's own default of 3 gives up early where ten calls start at once on a small quota.
const ATTEMPTS: u32 = 5;

/// The clients.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    load_balancers: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl Clients {
    /// Clients of this configuration. What it leaves open (limits, retries, behaviour version) is filled in.
    pub fn new(config: &SdkConfig) -> Self {
        let mut limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT_LIMIT)
            .operation_attempt_timeout(ATTEMPT_LIMIT)
            .operation_timeout(OPERATION_LIMIT)
            .build();
        if let Some(given) = config.timeout_config() {
            let mut given = given.clone();
            limits = given.take_defaults_from(&limits).clone();
        }
        let retries = config.retry_config().cloned();
        let mut builder = config.to_builder();
        builder.set_timeout_config(Some(limits));
        builder.set_retry_config(Some(retries.unwrap_or_else(|| RetryConfig::standard().with_max_attempts(ATTEMPTS))));
        builder.set_behavior_version(Some(config.behavior_version().unwrap_or_else(BehaviorVersion::latest)));
        Self {
            config: builder.build(),
            cloudformation: OnceLock::new(),
            cloudtrail: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            ecr: OnceLock::new(),
            ecs: OnceLock::new(),
            lambda: OnceLock::new(),
            load_balancers: OnceLock::new(),
            logs: OnceLock::new(),
            rds: OnceLock::new(),
            secrets: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }

    /// The region, as it is shown; `unknown` where none is configured.
    pub fn region(&self) -> &str {
        self.config.region().map_or("unknown", |region| region.as_ref())
    }

    /// CloudFormation.
    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.cloudformation.get_or_init(|| aws_sdk_cloudformation::Client::new(&self.config))
    }

    /// CloudTrail.
    pub fn cloudtrail(&self) -> &aws_sdk_cloudtrail::Client {
        self.cloudtrail.get_or_init(|| aws_sdk_cloudtrail::Client::new(&self.config))
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.cloudwatch.get_or_init(|| aws_sdk_cloudwatch::Client::new(&self.config))
    }

    /// ECR.
    pub fn ecr(&self) -> &aws_sdk_ecr::Client {
        self.ecr.get_or_init(|| aws_sdk_ecr::Client::new(&self.config))
    }

    /// ECS.
    pub fn ecs(&self) -> &aws_sdk_ecs::Client {
        self.ecs.get_or_init(|| aws_sdk_ecs::Client::new(&self.config))
    }

    /// Lambda.
    pub fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| aws_sdk_lambda::Client::new(&self.config))
    }

    /// Elastic Load Balancing v2.
    pub fn load_balancers(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.load_balancers.get_or_init(|| aws_sdk_elasticloadbalancingv2::Client::new(&self.config))
    }

    /// CloudWatch Logs.
    pub fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.logs.get_or_init(|| aws_sdk_cloudwatchlogs::Client::new(&self.config))
    }

    /// RDS.
    pub fn rds(&self) -> &aws_sdk_rds::Client {
        self.rds.get_or_init(|| aws_sdk_rds::Client::new(&self.config))
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.config))
    }

    /// STS.
    pub fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.config))
    }
}
