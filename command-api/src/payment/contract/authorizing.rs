//! Holding money, taking it, letting go of it.

use anyhow::{Result, ensure};
use domain::{Currency, Money};

use super::{NewPayment, Subject, is_in, is_rejected};
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::ChargeState;

pub async fn an_authorized_payment_is_captured_whole(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(2350);
    let captured = subject.captured(&new).await?;
    ensure!(
        subject.as_it_is(&captured).await? == captured,
        "looked up it is something else"
    );
    Ok(())
}

pub async fn a_declined_card_charges_nothing_and_another_attempt_pays(subject: &Subject<'_>) -> Result<()> {
    let first = NewPayment::of(4200);
    let (card, code) = &subject.cards.declined[0];
    let declined = subject.gateway.authorize(&first.with(card)).await?;
    is_in(&declined, &ChargeState::Declined { code: *code })?;
    ensure!(
        declined.captured.minor == 0 && !declined.may_hold_money(),
        "it holds money: {declined:?}"
    );
    is_in(
        &subject.as_it_is(&declined).await?,
        &ChargeState::Declined { code: *code },
    )?;

    let second = first.another_attempt();
    let captured = subject.captured(&second).await?;
    ensure!(
        captured.reference != declined.reference,
        "both attempts are one charge"
    );
    Ok(())
}

pub async fn every_declined_card_says_why(subject: &Subject<'_>) -> Result<()> {
    for (card, code) in &subject.cards.declined {
        let declined = subject
            .gateway
            .authorize(&NewPayment::of(1000).with(card))
            .await?;
        ensure!(
            declined.state == ChargeState::Declined { code: *code },
            "{card} is {:?} and not declined as {code:?}",
            declined.state
        );
    }
    Ok(())
}

pub async fn a_confirmed_payment_is_authorized(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(5000);
    let waiting = subject.waiting(&new, &subject.cards.three_d_secure).await?;
    subject.bank.answer(&waiting, true).await?;
    let confirmed = subject.as_it_is(&waiting).await?;
    is_in(&confirmed, &ChargeState::Authorized)?;
    is_in(&subject.capture(&new, &confirmed).await?, &ChargeState::Captured)
}

pub async fn a_payment_that_the_shopper_refuses_is_declined(subject: &Subject<'_>) -> Result<()> {
    let waiting = subject
        .waiting(&NewPayment::of(5000), &subject.cards.three_d_secure)
        .await?;
    subject.bank.answer(&waiting, false).await?;
    let code = DeclineCode::AuthenticationFailed;
    is_in(
        &subject.as_it_is(&waiting).await?,
        &ChargeState::Declined { code },
    )
}

pub async fn a_confirmed_payment_may_still_be_declined(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(5000);
    let waiting = subject
        .waiting(&new, &subject.cards.three_d_secure_declined)
        .await?;
    subject.bank.answer(&waiting, true).await?;
    let code = DeclineCode::CardDeclined;
    is_in(
        &subject.as_it_is(&waiting).await?,
        &ChargeState::Declined { code },
    )
}

pub async fn the_shopper_is_sent_to_a_page_of_the_bank(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(5000);
    let waiting = subject.waiting(&new, &subject.cards.three_d_secure).await?;
    for charge in [&waiting, &subject.as_it_is(&waiting).await?] {
        let url = match &charge.state {
            ChargeState::ActionRequired { url } => url.as_deref().unwrap_or_default(),
            ChargeState::Processing
            | ChargeState::Authorized
            | ChargeState::Captured
            | ChargeState::Declined { .. }
            | ChargeState::Voided => "",
        };
        ensure!(
            url.starts_with("http"),
            "there is no page to go to: {:?}",
            charge.state
        );
    }
    subject.void(&new, &waiting).await?;
    Ok(())
}

pub async fn what_is_voided_is_never_captured(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(1999);
    let held = subject.authorized(&new).await?;
    for _ in ["once", "and once more"] {
        is_in(&subject.void(&new, &held).await?, &ChargeState::Voided)?;
    }
    let asked_for = subject.capture(&new, &held).await?;
    is_in(&asked_for, &ChargeState::Voided)?;
    ensure!(
        asked_for.captured.minor == 0,
        "something was captured: {asked_for:?}"
    );
    Ok(())
}

pub async fn what_waits_for_the_bank_can_be_voided(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(1999);
    let waiting = subject.waiting(&new, &subject.cards.three_d_secure).await?;
    is_in(&subject.void(&new, &waiting).await?, &ChargeState::Voided)?;
    is_in(&subject.as_it_is(&waiting).await?, &ChargeState::Voided)
}

pub async fn a_void_that_is_too_late_says_captured(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(1999);
    let captured = subject.captured(&new).await?;
    let voided = subject.void(&new, &captured).await?;
    is_in(&voided, &ChargeState::Captured)?;
    ensure!(
        voided.captured == new.amount,
        "less is captured than before: {voided:?}"
    );
    Ok(())
}

pub async fn asked_again_an_attempt_is_one_charge(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3100);
    let first = subject.authorized(&new).await?;
    let second = subject.authorized(&new).await?;
    ensure!(
        first == second,
        "asked again there is another charge: {first:?}, {second:?}"
    );
    subject.void(&new, &first).await?;
    Ok(())
}

pub async fn asked_again_a_capture_takes_nothing_more(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3100);
    let captured = subject.captured(&new).await?;
    let again = subject.capture(&new, &captured).await?;
    ensure!(again == captured, "asked again it is something else: {again:?}");
    Ok(())
}

pub async fn asked_again_with_another_amount_an_attempt_is_refused(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(3100);
    let held = subject.authorized(&new).await?;
    let dearer = NewPayment {
        amount: Money::new(3200, Currency::EUR),
        ..new
    };
    let code = is_rejected(subject.gateway.authorize(&dearer.with(&subject.cards.good)).await)?;
    ensure!(code == "idempotency_error", "refused as {code}");
    ensure!(subject.as_it_is(&held).await? == held, "the charge changed");
    subject.void(&new, &held).await?;
    Ok(())
}

pub async fn an_amount_that_cannot_be_charged_is_refused(subject: &Subject<'_>) -> Result<()> {
    for amount in [
        Money::new(0, Currency::EUR),
        Money::new(-100, Currency::EUR),
        Money::new(100_000_000, Currency::EUR),
        Money::new(5124, Currency::KWD),
    ] {
        let new = NewPayment {
            amount,
            ..NewPayment::of(1)
        };
        is_rejected(subject.gateway.authorize(&new.with(&subject.cards.good)).await)?;
    }
    Ok(())
}

pub async fn an_unknown_card_is_refused(subject: &Subject<'_>) -> Result<()> {
    let new = NewPayment::of(1000);
    is_rejected(subject.gateway.authorize(&new.with("pm_nobody_knows_it")).await)?;
    Ok(())
}
