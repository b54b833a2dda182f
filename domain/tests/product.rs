//! What staff may do with a product, given/when/then.

use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::product::{
    Description, Details, MAX_PRICE, NewDetails, NewPicture, Picture, Product, ProductCommand, ProductError,
    ProductEvent, ProductName,
};
use domain::{Currency, Money, Slug};

fn mug() -> Details {
    Details {
        name: "Mug".to_owned(),
        description: "Thrown by hand.".to_owned(),
        category: "kitchen".to_owned(),
        picture: Some(Picture {
            drawing: "mug".to_owned(),
            colour: "stone".to_owned(),
        }),
    }
}

/// As staff sent them.
fn sent(details: Details) -> NewDetails {
    NewDetails {
        name: ProductName::parse(&details.name).expect("a fixture is valid"),
        description: Description::parse(&details.description).expect("a fixture is valid"),
        category: Slug::parse(&details.category).expect("a fixture is valid"),
        picture: details.picture.map(|picture| NewPicture {
            drawing: Slug::parse(&picture.drawing).expect("a fixture is valid"),
            colour: Slug::parse(&picture.colour).expect("a fixture is valid"),
        }),
    }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn list(price: Money) -> ProductCommand {
    ProductCommand::List {
        details: sent(mug()),
        price,
    }
}

fn listed(price: Money) -> ProductEvent {
    ProductEvent::ProductListed {
        details: mug(),
        price,
    }
}

fn delisted() -> ProductEvent {
    ProductEvent::ProductDelisted {}
}

fn relisted() -> ProductEvent {
    ProductEvent::ProductRelisted {}
}

fn no_product() -> AggregateTestExecutor<Product> {
    TestFramework::with(()).given_no_previous_events()
}

fn product() -> AggregateTestExecutor<Product> {
    TestFramework::with(()).given(vec![listed(eur(1450))])
}

fn state(events: &[ProductEvent]) -> Product {
    let mut product = Product::default();
    for event in events {
        product.evolve(event);
    }
    product
}

#[test]
fn a_new_product_is_listed_with_its_details_and_price() {
    no_product()
        .when(list(eur(1450)))
        .then_expect_events(vec![listed(eur(1450))]);
}

#[test]
fn a_product_is_listed_once() {
    product()
        .when(list(eur(1450)))
        .then_expect_error(ProductError::AlreadyListed);
}

#[test]
fn a_delisted_product_is_relisted_and_not_listed_anew() {
    product()
        .and(vec![delisted()])
        .when(list(eur(1450)))
        .then_expect_error(ProductError::AlreadyListed);
}

#[test]
fn a_price_is_1_to_99_999_999_minor_units() {
    for minor in [1, MAX_PRICE] {
        no_product()
            .when(list(eur(minor)))
            .then_expect_events(vec![listed(eur(minor))]);
        let changed = ProductEvent::PriceChanged {
            price: eur(minor),
            previous: eur(1450),
        };
        product()
            .when(ProductCommand::ChangePrice { price: eur(minor) })
            .then_expect_events(vec![changed]);
    }
}

#[test]
fn a_price_outside_of_its_limits_is_refused() {
    for minor in [i64::MIN, -1, 0, MAX_PRICE + 1, i64::MAX] {
        let wanted = eur(minor);
        let why = wanted.payable_in_parts().expect_err("nobody can pay it");
        let error = ProductError::Price { wanted, why };
        no_product()
            .when(list(eur(minor)))
            .then_expect_error(error.clone());
        product()
            .when(ProductCommand::ChangePrice { price: eur(minor) })
            .then_expect_error(error);
    }
}

#[test]
fn a_price_that_no_card_can_be_charged_is_not_listed() {
    for (minor, currency) in [(1235, Currency::KWD), (1_000_000, Currency::ISK)] {
        let wanted = Money::new(minor, currency);
        let why = wanted.payable().expect_err("nobody can pay it");
        no_product()
            .when(list(wanted))
            .then_expect_error(ProductError::Price { wanted, why });
    }
    let dinars = Money::new(1240, Currency::KWD);
    no_product()
        .when(list(dinars))
        .then_expect_events(vec![listed(dinars)]);
}

#[test]
fn a_price_that_is_as_wanted_changes_nothing() {
    product()
        .when(ProductCommand::ChangePrice { price: eur(1450) })
        .then_expect_events(vec![]);
}

#[test]
fn a_changed_price_tells_the_one_before_it() {
    let change = |price, previous| ProductEvent::PriceChanged {
        price: eur(price),
        previous: eur(previous),
    };
    product()
        .and(vec![change(1290, 1450)])
        .when(ProductCommand::ChangePrice { price: eur(1600) })
        .then_expect_events(vec![change(1600, 1290)]);
}

#[test]
fn a_product_stays_in_its_currency() {
    let wanted = Money::new(1450, Currency::JPY);
    let error = ProductError::OtherCurrency {
        sold: eur(1450),
        wanted,
    };
    product()
        .when(ProductCommand::ChangePrice { price: wanted })
        .then_expect_error(error);
}

#[test]
fn details_change_together() {
    let changes: [fn(&mut Details); 4] = [
        |details| details.name = "Cup".to_owned(),
        |details| details.description = "Cast.".to_owned(),
        |details| details.category = "table".to_owned(),
        |details| details.picture = None,
    ];
    for change in changes {
        let mut details = mug();
        change(&mut details);
        let expected = ProductEvent::DetailsChanged {
            details: details.clone(),
        };
        product()
            .when(ProductCommand::ChangeDetails {
                details: sent(details),
            })
            .then_expect_events(vec![expected]);
    }
}

#[test]
fn details_that_are_as_wanted_change_nothing() {
    product()
        .when(ProductCommand::ChangeDetails { details: sent(mug()) })
        .then_expect_events(vec![]);
}

#[test]
fn a_product_is_delisted() {
    product()
        .when(ProductCommand::Delist)
        .then_expect_events(vec![delisted()]);
}

#[test]
fn delisting_again_changes_nothing() {
    product()
        .and(vec![delisted()])
        .when(ProductCommand::Delist)
        .then_expect_events(vec![]);
}

#[test]
fn a_delisted_product_is_relisted() {
    product()
        .and(vec![delisted()])
        .when(ProductCommand::Relist)
        .then_expect_events(vec![relisted()]);
}

#[test]
fn relisting_a_listed_product_changes_nothing() {
    product().when(ProductCommand::Relist).then_expect_events(vec![]);
    product()
        .and(vec![delisted(), relisted()])
        .when(ProductCommand::Relist)
        .then_expect_events(vec![]);
}

#[test]
fn a_delisted_product_can_still_be_corrected() {
    let changed = ProductEvent::PriceChanged {
        price: eur(1),
        previous: eur(1450),
    };
    product()
        .and(vec![delisted()])
        .when(ProductCommand::ChangePrice { price: eur(1) })
        .then_expect_events(vec![changed]);
}

#[test]
fn what_was_never_listed_is_unknown() {
    let commands = [
        ProductCommand::ChangeDetails { details: sent(mug()) },
        ProductCommand::ChangePrice { price: eur(0) },
        ProductCommand::Delist,
        ProductCommand::Relist,
    ];
    for command in commands {
        no_product()
            .when(command)
            .then_expect_error(ProductError::Unknown);
    }
}

#[test]
fn every_event_leaves_its_mark_on_the_product() {
    let known = |details, price, listed| Product::Known {
        details,
        price,
        listed,
    };
    let cup = Details {
        name: "Cup".to_owned(),
        picture: None,
        ..mug()
    };
    let mut history = vec![listed(eur(1450))];
    assert_eq!(state(&history), known(mug(), eur(1450), true));
    history.push(ProductEvent::DetailsChanged { details: cup.clone() });
    assert_eq!(state(&history), known(cup.clone(), eur(1450), true));
    history.push(ProductEvent::PriceChanged {
        price: eur(990),
        previous: eur(1450),
    });
    assert_eq!(state(&history), known(cup.clone(), eur(990), true));
    history.push(delisted());
    assert_eq!(state(&history), known(cup.clone(), eur(990), false));
    history.push(relisted());
    assert_eq!(state(&history), known(cup, eur(990), true));
}

#[test]
fn events_of_a_product_that_was_never_listed_are_passed_over() {
    assert_eq!(state(&[relisted(), delisted()]), Product::Unlisted);
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals = [
        (
            ProductError::Unknown,
            "unknown-product",
            "there is no product with this SKU",
        ),
        (
            ProductError::AlreadyListed,
            "already-listed",
            "a product with this SKU is already listed",
        ),
        (
            ProductError::Price {
                wanted: Money::new(1235, Currency::KWD),
                why: Money::new(1235, Currency::KWD)
                    .payable()
                    .expect_err("it has three decimals"),
            },
            "price-limit",
            "a price of 1.235 KWD cannot be paid: what can be paid in KWD is a multiple of 0.010 KWD",
        ),
        (
            ProductError::OtherCurrency {
                sold: eur(1450),
                wanted: Money::new(1450, Currency::JPY),
            },
            "other-currency",
            "the product is sold in EUR, not in JPY; its currency cannot change",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
    assert_eq!(MAX_PRICE, 99_999_999, "what docs/api.md says");
}

#[test]
fn a_product_is_the_same_after_a_snapshot() {
    let without_picture = Details {
        picture: None,
        ..mug()
    };
    let change = ProductEvent::DetailsChanged {
        details: without_picture,
    };
    let products = [
        Product::Unlisted,
        state(&[listed(eur(1))]),
        state(&[listed(eur(1)), delisted(), change]),
    ];
    for product in products {
        let snapshot = serde_json::to_string(&product).expect("a product can be written");
        assert_eq!(
            serde_json::from_str::<Product>(&snapshot).expect("and read"),
            product
        );
    }
}

#[test]
fn cqrs_es_knows_the_product_by_the_name_of_the_log() {
    assert_eq!(Product::TYPE, "product");
}
