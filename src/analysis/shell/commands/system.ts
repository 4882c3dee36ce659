import type { Act } from "../act.ts";
import { each, type Judge, type Table } from "../entry.ts";
import { exact, words } from "../field.ts";
import { readOptions, set } from "../options.ts";
import { OPAQUE } from "../state.ts";
import { verbOf } from "../verbs.ts";

const READS: Act = { kinds: ["read"] };
const SETS: Act = { kinds: ["administer"], routine: false, note: "changes how the machine is set up" };
const DESTROYS: Act = {
  kinds: ["delete", "administer"],
  traits: ["sweeping"],
  routine: false,
  note: "overwrites or takes apart a disk",
};
const STOPS: Act = { kinds: ["administer"], routine: false, note: "stops the machine" };
const ENDS: Act = { kinds: ["delete"], routine: false, note: "ends processes" };

/** Looks where nothing but looking is asked for. */
const looksIf =
  (pattern: RegExp, otherwise: Act = SETS, bare: Act = READS): Judge =>
  ({ args, shell }) => {
    const first = args.find((one) => !/^--(?:user|no-pager|quiet|system|color.*)$|^-[qn]$/.test(one.text));
    if (first === undefined) shell.tally.add(bare);
    else if (args.some((one) => !exact(one)) && !pattern.test(first.text)) shell.tally.add(otherwise);
    else shell.tally.add(pattern.test(first.text) ? READS : otherwise);
    return OPAQUE;
  };

/** A process of this very shell is work like any other; all else is somebody's. */
const kill: Judge = ({ args, shell, name }) => {
  const options = readOptions(args, set("-s -n --signal -u -U -g -t"));
  if (args.some((one) => /^-(?:l|L|0|-list)$/.test(one.text))) shell.tally.add(READS);
  else if (
    name === "kill" &&
    options.operands.length > 0 &&
    options.operands.every((one) => /^%\d*$|^\u0001$/.test(one.text) && !args.some((arg) => /^-1$/.test(arg.text)))
  )
    shell.tally.add({ kinds: ["delete"], routine: true, note: "ends its own process" });
  else shell.tally.add(ENDS);
  return OPAQUE;
};

const byVerb = (readAlso: RegExp, otherwise: Act = SETS): Judge => {
  return ({ args, shell }) => {
    const plain = words(args.filter((one) => !one.text.startsWith("-")));
    const reads = plain.length === 0 || plain.some((one) => readAlso.test(one)) || verbOf(plain.at(0) ?? "") === "read";
    const harms = plain.some((one) => ["change", "delete"].includes(verbOf(one)) && !readAlso.test(one));
    shell.tally.add(reads && !harms && args.every(exact) ? READS : otherwise);
    return OPAQUE;
  };
};

export const SYSTEM: Table = {
  ...each(
    "mkfs mke2fs mkswap mkfs.ext4 mkfs.ext3 mkfs.ext2 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mkfs.exfat mkfs.f2fs newfs wipefs sgdisk parted sfdisk cfdisk gdisk cryptsetup pvremove vgremove lvremove pvcreate vgcreate lvcreate lvresize lvreduce vgreduce mdadm blkdiscard badblocks hdparm nvme zpool zfs btrfs dmsetup losetup resize2fs tune2fs fsck e2fsck xfs_repair debugfs ddrescue partprobe sg_format diskpart format",
    { operands: "text", does: DESTROYS },
  ),
  fdisk: looksIf(/^(?:-l|--list)/, DESTROYS, DESTROYS),
  diskutil: looksIf(/^(?:list|info|activity)$/, DESTROYS),
  format: { operands: "text", does: DESTROYS },
  ...each("shutdown reboot halt poweroff init telinit kexec pm-suspend rtcwake wall", {
    operands: "text",
    does: STOPS,
  }),
  ...each("kill killall pkill skill xkill fuser", kill),
  systemctl: looksIf(/^(?:status|show|list-.*|is-.*|cat|get-default|help|--version|--failed)$/),
  service: ({ args, shell }) => {
    shell.tally.add(args.some((one) => /^(?:status|--status-all)$/.test(one.text)) && args.length <= 2 ? READS : SETS);
    return OPAQUE;
  },
  launchctl: looksIf(/^(?:list|print|version|dumpstate)$/),
  ...each(
    "rc-service sv supervisorctl pm2 monit initctl s6-svc circusctl forever",
    byVerb(/^(?:status|list|ls|logs|show|info|describe|monit)$/),
  ),
  ...each("rc-update chkconfig update-rc.d insserv sysv-rc-conf ntsysv", { operands: "text", does: SETS }),
  journalctl: looksIf(/^(?!--(?:vacuum|rotate|flush|sync|relinquish|smart|setup|update))/),
  dmesg: looksIf(/^(?!-(?:[A-Za-z]*[cCDEn])|--(?:clear|read-clear|console))/),
  ...each(
    "useradd usermod userdel groupadd groupmod groupdel adduser deluser addgroup delgroup passwd chpasswd gpasswd chage newgrp vipw visudo chsh chfn dscl dseditgroup pw vigr pwck grpck faillock",
    { operands: "text", does: SETS },
  ),
  ...each("mount umount swapon swapoff fusermount sshfs pivot_root exportfs mount.cifs", ({ args, shell }) => {
    shell.tally.add(args.every((one) => /^-[lV]$/.test(one.text)) ? READS : SETS);
    return OPAQUE;
  }),
  ...each(
    "iptables ip6tables iptables-restore iptables-save nft ufw firewall-cmd pfctl ipset ebtables arptables fail2ban-client csf",
    looksIf(/^(?:-L|-S|--list.*|status|--state|--get-.*|list|-nL|-nvL|-vnL|-L.*|version|show)$/),
  ),
  ip: ({ args, shell }) => {
    const plain = words(args.filter((one) => !one.text.startsWith("-")));
    const changes =
      plain.some(
        (one) =>
          /^(?:add|del|delete|set|flush|change|replace|append|exec|attach|up|down|link)$/.test(one) && one !== plain[0],
      ) || args.some((one) => one.text.startsWith("-b"));
    shell.tally.add(changes || args.some((one) => !exact(one)) || plain[1] === "exec" ? SETS : READS);
    return OPAQUE;
  },
  ...each("ifconfig route iwconfig", ({ args, shell }) => {
    shell.tally.add(args.length <= 1 || args.every((one) => one.text.startsWith("-n")) ? READS : SETS);
    return OPAQUE;
  }),
  ...each(
    "ifup ifdown dhclient brctl tc ethtool ovs-vsctl networksetup scutil netplan resolvconf rfkill dhcpcd wpa_cli iw",
    { operands: "text", does: SETS },
  ),
  ...each(
    "nmcli resolvectl timedatectl hostnamectl localectl loginctl bluetoothctl networkctl udevadm machinectl homectl coredumpctl busctl bootctl",
    byVerb(/^(?:status|show|list\S*|query|statistics|session-status|info|monitor|device|connection|general)$/),
  ),
  sysctl: ({ args, shell }) => {
    shell.tally.add(
      args.some((one) => /=|^-(?:w|p)|^--(?:write|load|system)/.test(one.text) || !exact(one)) ? SETS : READS,
    );
    return OPAQUE;
  },
  ...each("insmod rmmod modprobe depmod dkms kmod", { operands: "text", does: SETS }),
  ...each(
    "setenforce semanage setsebool restorecon chcon apparmor_parser aa-complain aa-disable aa-enforce auditctl setcap capsh ausearch0 spctl csrutil nvram systemsetup pmset tccutil defaults dconf gsettings xrandr setxkbmap lpadmin cupsctl hwclock ntpdate chronyc adjtimex efibootmgr grub-install update-grub grub-mkconfig update-initramfs mkinitcpio dracut logrotate ldconfig0 updatedb locale-gen update-ca-certificates trust newaliases postfix postsuper exim cupsdisable quotaon setquota edquota renice schtasks reg net sc bcdedit vssadmin wmic icacls takeown cipher",
    { operands: "text", does: SETS },
  ),
  getenforce: { operands: "text" },
  ...each("postqueue mailq", looksIf(/^-p$/)),
  ...each("tmux screen zellij byobu dtach abduco", ({ args, shell }) => {
    const [word = ""] = words(args);
    const looks =
      /^(?:ls|list-\w+|has-session|display-message|capture-pane|-ls|-list|attach|attach-session|a|detach|info|show-\w+|-V)$/.test(
        word,
      );
    shell.tally.add(
      looks
        ? READS
        : word.startsWith("kill-")
          ? ENDS
          : {
              kinds: ["execute", "unknown"],
              traits: ["dynamic"],
              routine: false,
              note: "runs commands in another terminal",
            },
    );
    return OPAQUE;
  }),
  ...each("sleep wait usleep inotifywait notify-send say afplay paplay espeak xdotool0 tput", { operands: "text" }),
  ...each(
    "ffmpeg convert magick mogrify exiftool optipng jpegoptim gifsicle sox inkscape rsvg-convert pngquant cwebp svgo qrencode pdftoppm gs qpdf pdftk ghostscript imagemagick",
    ({ shell }) => {
      // They write where their last argument says, and some read programs: they are asked about.
      shell.tally.add({ kinds: ["execute", "write"], routine: false, note: "converts media" });
      return OPAQUE;
    },
  ),
  ...each(
    "figlet cowsay lolcat fortune banner toilet neofetch fastfetch screenfetch sl cmatrix asciinema0 pv xmllint tidy",
    { operands: "read", writes: "-o --output", options: { "-m": READS } },
  ),
};
