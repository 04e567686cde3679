# What is installed beside the program, and the Debian package made of it (preset deb).

set(share ${CMAKE_INSTALL_DATADIR}/followup)

install(FILES worker/app/followup.service DESTINATION lib/systemd/system)
install(FILES worker/app/followup.env DESTINATION ${share})
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/followup.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES worker/app/completion.bash RENAME followup
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
# Examples: none is in force before an operator puts it into /etc/followup.
install(DIRECTORY schedules DESTINATION ${share} PATTERN demo EXCLUDE)
install(DIRECTORY sql/adapters sql/grants DESTINATION ${share}/sql)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME followup)
set(CPACK_PACKAGE_VENDOR followup)
set(CPACK_PACKAGE_CONTACT "followup maintainers <maintainers@followup.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "Follow-up scheduler and re-engagement worker for chat")
set(CPACK_PACKAGE_DESCRIPTION
  "Checks in when a customer falls silent, makes a last call, closes out, and\n\
stops the moment the customer replies. Reads a CRM's PostgreSQL, keeps timers\n\
in Redis and hands messages to channel senders through Redis Streams.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, redis-server")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/cmake/debian/postinst
  ${PROJECT_SOURCE_DIR}/cmake/debian/prerm
  ${PROJECT_SOURCE_DIR}/cmake/debian/postrm)
include(CPack)
