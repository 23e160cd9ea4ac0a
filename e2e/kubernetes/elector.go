package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// elector runs client-go's own leader elector on one Lease and prints a line for each change, so that a test can let
// ours and the original contend for the same lock.
func elector(args []string) {
	flags := flag.NewFlagSet("elector", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig file")
	namespace := flags.String("namespace", "default", "namespace of the Lease")
	name := flags.String("name", "", "name of the Lease")
	identity := flags.String("identity", "go", "holder identity")
	leaseDuration := flags.Duration("lease-duration", 15*time.Second, "")
	renewDeadline := flags.Duration("renew-deadline", 10*time.Second, "")
	retryPeriod := flags.Duration("retry-period", 2*time.Second, "")
	release := flags.Bool("release-on-cancel", true, "give the Lease up on SIGTERM")
	_ = flags.Parse(args[1:])

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	say := func(what string, detail ...any) {
		fmt.Println(append([]any{time.Now().UTC().Format(time.RFC3339Nano), what}, detail...)...)
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: *namespace, Name: *name},
			Client:     kubernetes.NewForConfigOrDie(config).CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: *identity},
		},
		LeaseDuration:   *leaseDuration,
		RenewDeadline:   *renewDeadline,
		RetryPeriod:     *retryPeriod,
		ReleaseOnCancel: *release,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { say("leading") },
			OnStoppedLeading: func() { say("stopped") },
			OnNewLeader:      func(holder string) { say("observed", holder) },
		},
	})
}
