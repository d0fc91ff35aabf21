#[test]
fn s() {
    let t = std::time::Instant::now();
    match frame_by_frame::book::build(
        std::path::Path::new("/tmp/course2"),
        std::path::Path::new("/tmp/out"),
        frame_by_frame::book::Edition::Static,
    ) {
        Ok(()) => println!("ok {:?}", t.elapsed()),
        Err(e) => println!("{e}"),
    }
}
