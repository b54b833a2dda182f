//! Finding what was charged, when nobody remembers being told.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{NewPayment, Subject};
use crate::payment::gateway::ChargeState;

pub async fn a_charge_whose_answer_was_lost_is_found_by_its_attempt(subject: &Subject<'_>) -> Result<()> {
    let since = OffsetDateTime::now_utc();
    let new = NewPayment::of(2750);
    let held = subject.authorized(&new).await?;
    let found = subject.gateway.find(new.payment, new.attempt, since).await?;
    ensure!(found.as_ref() == Some(&held), "found is {found:?}");

    let another = subject.gateway.find(new.payment, Uuid::now_v7(), since).await?;
    ensure!(
        another.is_none(),
        "an attempt that was never made is found: {another:?}"
    );
    subject.void(&new, &held).await?;
    let voided = subject.gateway.find(new.payment, new.attempt, since).await?;
    ensure!(
        voided.is_some_and(|charge| charge.state == ChargeState::Voided),
        "once voided it is not found any more"
    );
    Ok(())
}

pub async fn what_nobody_asked_for_is_not_found(subject: &Subject<'_>) -> Result<()> {
    let unknown = subject.gateway.look_up("pi_nobody_knows_it").await?;
    ensure!(unknown.is_none(), "there is {unknown:?}");
    let refund = subject
        .gateway
        .find_refund("pi_nobody_knows_it", Uuid::now_v7())
        .await?;
    ensure!(refund.is_none(), "there is {refund:?}");
    Ok(())
}

/// As many as it takes for more than one page, in whatever order they come.
pub async fn every_charge_is_on_exactly_one_page(subject: &Subject<'_>) -> Result<()> {
    const CHARGES: usize = 5;
    let since = OffsetDateTime::now_utc();
    let mut seen = HashMap::new();
    for _ in 0..CHARGES {
        let new = NewPayment::of(700);
        let charge = subject.authorized(&new).await?;
        seen.insert(charge.reference.clone(), 0);
        subject.void(&new, &charge).await?;
    }
    let mut after = None;
    loop {
        let page = subject.gateway.charges_since(since, after).await?;
        for charge in &page.charges {
            seen.entry(charge.reference.clone())
                .and_modify(|times| *times += 1);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(
        seen.values().all(|times| *times == 1),
        "how often each was listed: {seen:?}"
    );
    Ok(())
}
