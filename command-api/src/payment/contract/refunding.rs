//! Giving money back.

use anyhow::{Result, bail, ensure};
use domain::{Currency, Money};
use tokio::time::{Duration, Instant, sleep};
use uuid::Uuid;

use super::{NewPayment, Subject, is_rejected};
use crate::payment::gateway::{Charge, GatewayError, RefundState, Refunded};

impl Subject<'_> {
    async fn refund(
        &self,
        new: &NewPayment,
        charge: &Charge,
        refund: Uuid,
        minor: i64,
    ) -> Result<Refunded, GatewayError> {
        let amount = Money::new(minor, Currency::EUR);
        self.gateway
            .refund(new.payment, &charge.reference, refund, amount)
            .await
    }

    /// Waits until a refund is what it becomes in the end.
    async fn becomes(&self, charge: &Charge, refund: Uuid, is_it: fn(&RefundState) -> bool) -> Result<()> {
        let until = Instant::now() + self.patience;
        loop {
            let found = self.gateway.find_refund(&charge.reference, refund).await?;
            if found.as_ref().is_some_and(|refunded| is_it(&refunded.state)) {
                return Ok(());
            }
            if Instant::now() >= until {
                bail!("after {:?} the refund still is {found:?}", self.patience);
            }
            sleep(Duration::from_millis(100).min(self.patience / 20)).await;
        }
    }
}

pub async fn partial_refunds_add_up(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured(&new).await?;
    for (minor, refunded) in [(1000, 1000), (1, 1001), (1999, 3000)] {
        let made = subject.refund(&new, &captured, Uuid::now_v7(), minor).await?;
        ensure!(made.state == RefundState::Succeeded, "the refund is {made:?}");
        ensure!(
            made.amount.minor == minor,
            "another amount is given back: {made:?}"
        );
        let charge = subject.as_it_is(&captured).await?;
        ensure!(charge.refunded.minor == refunded, "the charge says {charge:?}");
        ensure!(charge.captured == new.amount, "the capture changed: {charge:?}");
    }
    Ok(())
}

pub async fn no_more_is_given_back_than_was_taken(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured(&new).await?;
    let refund = async |minor| subject.refund(&new, &captured, Uuid::now_v7(), minor).await;
    is_rejected(refund(3001).await)?;
    refund(2000).await?;
    is_rejected(refund(1001).await)?;
    refund(1000).await?;
    for minor in [-1, 0, 1] {
        is_rejected(refund(minor).await)?;
    }
    let charge = subject.as_it_is(&captured).await?;
    ensure!(charge.refunded == new.amount, "given back is {}", charge.refunded);
    Ok(())
}

pub async fn what_was_not_captured_is_not_refunded(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let held = subject.authorized(&new).await?;
    is_rejected(subject.refund(&new, &held, Uuid::now_v7(), 3000).await)?;
    subject.void(&new, &held).await?;
    is_rejected(subject.refund(&new, &held, Uuid::now_v7(), 3000).await)?;
    Ok(())
}

pub async fn a_refund_is_found_by_its_id(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured(&new).await?;
    let refunds = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    for refund in refunds {
        let made = subject.refund(&new, &captured, refund, 500).await?;
        let found = subject.gateway.find_refund(&captured.reference, refund).await?;
        ensure!(
            found.as_ref() == Some(&made),
            "made is {made:?}, found is {found:?}"
        );
    }
    for refund in refunds {
        let found = subject.gateway.find_refund(&captured.reference, refund).await?;
        ensure!(found.is_some(), "it is not found any more");
    }
    let unknown = subject
        .gateway
        .find_refund(&captured.reference, Uuid::now_v7())
        .await?;
    ensure!(
        unknown.is_none(),
        "a refund that was never made is found: {unknown:?}"
    );
    Ok(())
}

pub async fn asked_again_a_refund_is_made_once(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured(&new).await?;
    let refund = Uuid::now_v7();
    let first = subject.refund(&new, &captured, refund, 1200).await?;
    let second = subject.refund(&new, &captured, refund, 1200).await?;
    ensure!(
        first == second,
        "asked again it is another refund: {first:?}, {second:?}"
    );
    let charge = subject.as_it_is(&captured).await?;
    ensure!(charge.refunded.minor == 1200, "given back is {}", charge.refunded);
    let code = is_rejected(subject.refund(&new, &captured, refund, 1300).await)?;
    ensure!(code == "idempotency_error", "refused as {code}");
    Ok(())
}

pub async fn a_late_refund_succeeds_in_the_end(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured_with(&new, &subject.cards.late_refund).await?;
    let refund = Uuid::now_v7();
    let made = subject.refund(&new, &captured, refund, 3000).await?;
    ensure!(made.state == RefundState::Pending, "the refund is {made:?}");
    subject
        .becomes(&captured, refund, |state| *state == RefundState::Succeeded)
        .await
}

pub async fn a_refund_can_fail_after_it_succeeded(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3000);
    let captured = subject.captured_with(&new, &subject.cards.failing_refund).await?;
    let refund = Uuid::now_v7();
    let made = subject.refund(&new, &captured, refund, 3000).await?;
    ensure!(made.state == RefundState::Succeeded, "the refund is {made:?}");
    let failed = |state: &RefundState| matches!(state, RefundState::Failed { .. });
    subject.becomes(&captured, refund, failed).await
}
