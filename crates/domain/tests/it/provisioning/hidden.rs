//! What is secret stays so, and what cannot be kept is refused.

use super::*;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn no_message_repeats_a_secret(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let chatty = OFFERING
        .replace(
            "password: { type: string, x-secret: true }",
            "password: { type: string, x-secret: true, contentEncoding: base64, not: { const: hush-hush } }",
        )
        .replace("message: \"${{ team.name }} has", "message: \"${{ params.password }} ${{ team.name }} has")
        .replace("existing.count < 2", "existing.count < 0");
    provisioning::write_offering(&mut pia.cx(), &chatty, &executors()).await.unwrap();
    for password in ["hush-hush", "another-secret"] {
        let refused = shop.ask(json!({ "name": "slots", "password": password })).await;
        let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
        let said = format!("{problems:?}");
        assert!(!problems.is_empty() && !said.contains(password), "{said}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_draft_keeps_no_secret_and_a_callback_none_in_the_clear(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let typed = new(json!({ "name": "slots", "password": "hush-hush" }));
    let draft = provisioning::save_draft(&mut imke.cx(), typed, None).await.unwrap();
    let kept: (String, Option<Vec<u8>>) =
        sqlx::query_as("SELECT params, secrets_sealed FROM provisioning_request WHERE number = $1")
            .bind(draft.number)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(!kept.0.contains("hush") && kept.1.is_none(), "{kept:?}");

    shop.ask(json!({ "name": "other" })).await.unwrap();
    let path = std::cell::RefCell::new(String::new());
    shop.work(|todo| {
        path.replace(todo.callback.clone().unwrap());
        Came::Later { after: std::time::Duration::from_hours(1), effect: Value::Null }
    })
    .await;
    let path = path.borrow().clone();
    let [secret, step] = path.rsplit('/').take(2).collect::<Vec<_>>()[..] else { panic!("{path}") };
    let mut call = shop.bed.as_stranger().await;
    let told = json!({ "password": "told-in-confidence" });
    provisioning::callback(&mut call.cx(), shop.key(), step.parse().unwrap(), secret, told.clone())
        .await
        .unwrap();
    let kept = || async {
        sqlx::query_scalar::<_, Option<Vec<u8>>>(
            "SELECT called_back FROM provisioning_step WHERE id = $1::uuid",
        )
        .bind(step)
        .fetch_one(&pool)
        .await
        .unwrap()
    };
    let sealed = kept().await.unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("confidence"));
    let heard = std::cell::Cell::new(0);
    shop.work(|todo| {
        heard.set(heard.get() + usize::from(todo.called_back == Some(told.clone())));
        done(todo)
    })
    .await;
    assert_eq!(heard.get(), 1);
    assert_eq!(kept().await, None, "it is forgotten when it is used");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_no_database_keeps_is_refused_with_a_word(pool: PgPool) {
    let shop = Shop::new(pool).await;
    for params in [json!({ "name": "slots", "password": "a\0b" }), json!({ "name": "sl\0ts" })] {
        let refused = shop.ask(params).await;
        let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
        assert!(problems.iter().any(|p| p.message.contains("NUL")), "{problems:?}");
    }
}

/// Without a key nothing is begun whose credentials nobody could keep.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn credentials_need_a_key_before_they_are_made(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let asked = provisioning::submit(&mut imke.cx(), None, new(json!({ "name": "slots" })), None).await;
    assert!(matches!(asked, Err(Error::Unavailable(_))), "{asked:?}");
}

/// A condition or an output that is a secret by mistake: what people are told of the mistake does not repeat it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn no_fault_repeats_a_secret(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let wrong = OFFERING.replace("if: \"params.size == 'large'\"", "if: \"steps.make.password\"");
    provisioning::write_offering(&mut pia.cx(), &wrong, &executors()).await.unwrap();
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    shop.work(done).await;
    let stuck = shop.request(request.number).await;
    let why = stuck.failure.unwrap().why;
    assert!(why.contains("neither true nor false") && why.contains("[hidden]"), "{why}");
    let kept: Vec<String> = sqlx::query_scalar(
        "SELECT why FROM provisioning_step UNION ALL SELECT why FROM provisioning_request UNION ALL SELECT text FROM provisioning_log
         UNION ALL SELECT subject || body FROM notice",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(kept.iter().all(|text| !text.contains("s3cret")), "{kept:?}");
}

/// A message that quotes what was typed as JSON hides it in that form too.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_secret_of_many_lines_is_hidden_in_each(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let key = "-----BEGIN \"KEY\"-----\nAbCdEf\n-----END KEY-----";
    let wrong = json!({ "name": "slots", "password": [key] });
    let refused = shop.ask(wrong).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert!(!format!("{problems:?}").contains("AbCdEf"), "{problems:?}");
}

/// One word for many items would let through what nobody saw.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_approval_is_of_no_list(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let step = "  steps:\n    - { id: word, uses: approval, each: \"['a', 'b']\", with: { by: [lead], because: please } }\n";
    let listed = OFFERING.replacen("  steps:\n", step, 1);
    let refused = provisioning::write_offering(&mut pia.cx(), &listed, &executors()).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert!(problems.iter().any(|p| p.field == "spec.steps[0].each"), "{problems:?}");
}
