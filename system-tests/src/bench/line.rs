//! One benchmark's result, as the JSON line by which releases are compared.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub reference: Option<&'static str>,
    pub reference_value: Option<f64>,
    /// `value / reference_value`.
    pub ratio: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_128: Option<Box<Line>>,
    /// The same where everybody buys one product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_product: Option<Box<Line>>,
    /// The longest that a shopper waited for a command of their own to be in the views meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views_behind_max_ms: Option<f64>,
    /// The most memory that the measured process had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_rss_mb: Option<f64>,
}

impl Line {
    pub fn new(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value: rounded(value),
            unit,
            reference: None,
            reference_value: None,
            ratio: None,
            p50_ms: None,
            p99_ms: None,
            failed: 0,
            at_128: None,
            one_product: None,
            views_behind_max_ms: None,
            peak_rss_mb: None,
        }
    }

    #[must_use]
    pub fn beside(mut self, reference: &'static str, value: f64) -> Self {
        self.reference = Some(reference);
        self.reference_value = Some(rounded(value));
        self.ratio = Some(rounded(self.value / value));
        self
    }

    #[must_use]
    pub fn latency(mut self, p50_ms: f64, p99_ms: f64) -> Self {
        self.p50_ms = Some(rounded(p50_ms));
        self.p99_ms = Some(rounded(p99_ms));
        self
    }
}

/// Three decimals: a microsecond of a millisecond, and more than a ratio is worth.
pub fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
